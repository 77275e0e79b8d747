import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct DenseFieldTests {
  /// Theory.md §2.1: f(y) = σ(Ky+b), with odd widths, each bias, one column and many, for tiles and single samples.
  @Test(arguments: Activation.allCases) func evaluatesItsFormula(_ activation: Activation) throws {
    let defect = try FieldCase.largestDefect("dense", activation) { weights, bias, x in plainLayer(activation, weights, bias, x) }
    // 33 rounded products and sums of numbers near one, and a few ulps of the activation.
    #expect(defect < 100, "\(defect) ε")
  }

  /// Tiles use K itself; single samples use a copy with contiguous outputs.
  @Test func preparesACopyForSingleSamplesOnly() throws {
    let field = try DenseField(FieldConfiguration(width: 5))
    #expect(field.preparedCount(for: .training) == 0)
    #expect(field.preparedCount(for: .inference) == 25)
    #expect(!field.gradientNeedsFinish)
  }
}
