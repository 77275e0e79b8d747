import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct NegativeDefiniteFieldTests {
  /// Theory.md §2.7: σ(−CᵀCy+b).
  @Test(arguments: Activation.allCases, [0, 3, 40]) func evaluatesItsFormula(_ activation: Activation, _ rows: Int) throws {
    let defect = try FieldVariant("negative_definite", [("hidden_width", .integer(Int64(rows)))]).largestDefect(activation) { tensors, y in
      let c = tensors("C")
      let product = plainProduct(plainTranspose(c), plainProduct(c, y)).map { -$0 }
      return zip(product, tensors.bias("b", y.count)).map { plainActivation(activation, $0 + $1).value }
    }
    #expect(defect < 3000, "\(defect) ε")
  }

  /// J = DM at slopes D > 0: D^{−½}JD^{½} = D^{½}MD^{½} is symmetric and negative semidefinite, so all eigenvalues of J are real and ≤ 0.
  @Test(arguments: [3, 6, 9]) func spectrumOfTheFrozenJacobianIsRealAndNotPositive(_ rows: Int) throws {
    let example = try FieldVariant("negative_definite", [("hidden_width", .integer(Int64(rows)))]).example(activation: .softplus)
    let (tensors, x) = (PlainTensors(example), try normalVector(6, seed: 5))
    let c = tensors("C")
    let inside = zip(plainProduct(plainTranspose(c), plainProduct(c, x)), tensors.bias("b", 6)).map { -$0 + $1 }
    let d = inside.map { plainActivation(.softplus, $0).slope.squareRoot() }
    let jacobian = try example.jacobian(at: x)
    let similar = (0..<6).map { i in (0..<6).map { j in jacobian[i][j] * d[j] / d[i] } }
    for i in 0..<6 {
      for j in 0..<6 { #expect(abs(similar[i][j] - similar[j][i]) < 1e-12) }
    }
    for seed in 0..<50 {
      let v = try normalVector(6, seed: UInt64(100 + seed))
      #expect(inner(v, plainProduct(similar, v)) < 1e-12)
    }
    #expect((0..<6).reduce(0) { $0 + similar[$1][$1] } < -0.1)
  }

  /// Theory.md §4.2, leapfrog with −CᵀC: with G = g yᵀ and g = σ'⊙p, dC = −C(G + Gᵀ).
  @Test func gradientIsThatOfTheory() throws {
    let example = try FieldVariant("negative_definite").example(activation: .tanh)
    let gradient = try FieldVariant("negative_definite").example(deviation: 0)
    let (tensors, c) = (PlainTensors(example), PlainTensors(example)("C"))
    let (y, p) = (try Numbers.normal(6, .float64, seed: 1), try Numbers.normal(6, .float64, seed: 2))
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count, columns: 1) }
    let field = example.field
    let (value, record, scratch) = (try example.zeros(6, 1), try example.zeros(field.recordWidth, 1), try example.zeros(field.scratchWidth, 1))
    let q = try example.zeros(6, 1)
    field.evaluate(0, example.layer(), at: block(y), scale: 1, addingTo: nil, into: block(value), record: block(record), scratch: block(scratch))
    field.pullback(
      0, example.layer(), at: block(y), record: block(record), scale: 1, cotangent: block(p), addingTo: block(q), gradient: gradient.layer(), scratch: block(scratch))
    let inside = zip(plainProduct(plainTranspose(c), plainProduct(c, y.values)), tensors.bias("b", 6)).map { -$0 + $1 }
    let g = zip(inside, p.values).map { plainActivation(.tanh, $0).slope * $1 }
    let sum = (0..<6).map { i in (0..<6).map { j in g[i] * y[j] + g[j] * y[i] } }
    // G + Gᵀ is symmetric: row i of C·(G + Gᵀ) is (G + Gᵀ) times row i of C.
    let expected = c.flatMap { row in plainProduct(sum, row).map { -$0 } }
    #expect(largestDifference(gradient.tensors[0].values, expected) < 1e-13)
  }

  @Test func isDamped() throws { #expect(try FieldVariant("negative_definite").example().field.isDamped) }
}
