import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct LinearCubicFieldTests {
  /// Theory.md §2.10: w y + b − γy³, whatever the activation.
  @Test(arguments: [0, 1, 0.4]) func evaluatesItsFormula(_ rate: Double) throws {
    for activation in [Activation.tanh, .sin] {
      let defect = try FieldVariant("linear_cubic", [("cubic_rate", .real(rate))]).largestDefect(activation) { tensors, y in
        let (product, bias) = (plainProduct(tensors("w"), y), tensors.bias("b", y.count))
        return y.indices.map { product[$0] + bias[$0] - rate * y[$0] * y[$0] * y[$0] }
      }
      #expect(defect < 200, "\(defect) ε")
    }
  }

  /// Theory.md §2.10: the adjoint is −ȧ = wᵀa − 3γy²a.
  @Test func adjointIsThatOfThePaper() throws {
    let example = try FieldVariant("linear_cubic", [("cubic_rate", .real(0.4))]).example()
    let (y, a) = (try Numbers.normal(6, .float64, seed: 1), try Numbers.normal(6, .float64, seed: 2))
    let q = try example.zeros(6, 1)
    let field = example.field
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count, columns: 1) }
    field.pullback(
      0, example.layer(), at: block(y), record: block(try example.zeros(field.recordWidth, 1)), scale: 1, cotangent: block(a), addingTo: block(q), gradient: nil,
      scratch: block(try example.zeros(field.scratchWidth, 1)))
    let transposed = plainProduct(plainTranspose(PlainTensors(example)("w")), a.values)
    let expected = (0..<6).map { transposed[$0] - 3 * 0.4 * y[$0] * y[$0] * a[$0] }
    #expect(largestDifference(q.values, expected) < 1e-14)
  }

  @Test func recordsNothing() throws {
    #expect(try FieldVariant("linear_cubic").example().field.recordWidth == 0)
  }

  /// Only the cubic term damps.
  @Test func isDampedWhereThereIsACube() throws {
    #expect(try FieldVariant("linear_cubic").example().field.isDamped)
    #expect(try !FieldVariant("linear_cubic", [("cubic_rate", .real(0))]).example().field.isDamped)
  }
}
