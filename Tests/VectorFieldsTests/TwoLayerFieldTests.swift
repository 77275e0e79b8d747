import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct TwoLayerFieldTests {
  /// Theory.md §2.1: K₂σ(K₁y+b₁)+b₂, with as many, fewer and more hidden values than features.
  @Test(arguments: Activation.allCases, [0, 3, 40]) func evaluatesItsFormula(_ activation: Activation, _ hidden: Int) throws {
    let defect = try FieldVariant("two_layer", [("hidden_width", .integer(Int64(hidden)))]).largestDefect(activation) { tensors, y in
      zip(plainProduct(tensors("K2"), tensors.layer(tensors("K1"), "b1", y)), tensors.bias("b2", y.count)).map { $0 + $1 }
    }
    // Sums of up to 40 products of sums of up to 33 terms: their rounding errors add up to a few hundred ε.
    #expect(defect < 400, "\(defect) ε")
  }
}
