import Testing
import VectorFields

@Suite struct TimeBasisTests {
  @Test func layerwiseGivesEachLayerItsOwn() {
    let basis = LayerwiseBasis()
    #expect(basis.count(layers: 5) == 5)
    #expect((0..<5).map { basis.piece(of: $0, layers: 5) } == [0, 1, 2, 3, 4])
    var values = Array(repeating: 0.0, count: 4)
    basis.evaluate(at: 1.1, horizon: 2, into: &values)
    #expect(values == [0, 0, 1, 0])
    basis.evaluate(at: 2, horizon: 2, into: &values)
    #expect(values == [0, 0, 0, 1])
  }

  @Test func sharedGivesAllTheSame() {
    let basis = SharedBasis()
    #expect(basis.count(layers: 5) == 1)
    #expect((0..<5).allSatisfy { basis.piece(of: $0, layers: 5) == 0 })
    var values = [0.0]
    basis.evaluate(at: 0.3, horizon: 1, into: &values)
    #expect(values == [1])
  }
}
