import Testing
import VectorFields

@Suite struct ParameterShapeTests {
  @Test func countIsTheProductOfTheExtents() {
    #expect(ParameterShape("K", [3, 4], .weight, deviation: 1).count == 12)
    #expect(ParameterShape("b", [], .bias, deviation: 0).count == 1)
  }

  @Test func biasHasNoNumberOneOrOneAFeature() {
    #expect(BiasKind.allCases.map { $0.count(7) } == [0, 1, 7])
  }
}
