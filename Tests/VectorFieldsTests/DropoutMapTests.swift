import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct DropoutMapTests {
  private static let draws = LayerDraws(key: 3, sample: 40)

  /// m for six rows of 16 samples, as `Dropout` draws it too.
  private func mask(_ rate: Double, rows: Int) -> [Double] {
    let mask = Block.zeros(rows, 16, .float64)
    drawMask(Self.draws, probability: 1 - rate, value: 1 / (1 - rate), into: mask)
    return mask.values
  }

  /// f(x) = m⊙x with one number of m for each row, or for three rows together.
  @Test(arguments: [1, 3]) func numbersAreDroppedOrScaled(_ together: Int) throws {
    var example = try MapCase()
    example.draws = Self.draws
    let map = DropoutMap(rate: 0.4, rows: 6, together: together)
    let mask = mask(0.4, rows: 6 / together)
    #expect(Set(mask) == [0, 1 / 0.6])
    var sample = -1
    // Called once for each of the 16 samples, in order.
    #expect(try example.evaluationDefect(map, inputs: 6) { x in
      sample += 1
      return x.indices.map { mask[$0 / together * 16 + sample] * x[$0] }
    } < 1e-15)
    let defects = try example.derivativeDefects(map, inputs: 6)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }

  @Test(arguments: [1, 3]) func evaluationIsTheIdentity(_ together: Int) throws {
    #expect(try MapCase().evaluationDefect(DropoutMap(rate: 0.4, rows: 6, together: together), inputs: 6) { $0 } < 1e-15)
    var drawing = try MapCase()
    drawing.draws = Self.draws
    #expect(try drawing.evaluationDefect(DropoutMap(rate: 0, rows: 6, together: together), inputs: 6) { $0 } < 1e-15)
  }
}
