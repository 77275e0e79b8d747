import LinearAlgebra
import Testing

@Suite struct SmoothedAbsoluteTests {
  @Test(arguments: Precision.allCases) func agreesWithTheFormulas(_ precision: Precision) throws {
    let (x, direction) = (try Numbers(37, precision, seed: 1), try Numbers(37, precision, seed: 2))
    let (gradient, product) = (try Numbers(37, precision, seed: 3), try Numbers(37, precision, seed: 4))
    let (slopes, curvatures) = (gradient.values, product.values)
    let (epsilon, strength) = (0.2, 1.5)
    let value = accumulateSmoothedAbsolute(x.vector, epsilon: epsilon, strength: strength, addingTo: gradient.vector)
    accumulateSmoothedAbsoluteCurvature(x.vector, direction: direction.vector, epsilon: epsilon, strength: strength, addingTo: product.vector)
    let roots = x.values.map { ($0 * $0 + epsilon * epsilon).squareRoot() }
    let total: Double = roots.map { (root: Double) -> Double in root - epsilon }.reduce(0, +)
    #expect(abs(value - strength * total) < 1e-12)
    for i in 0..<37 {
      let root = roots[i]
      let (slope, curvature): (Double, Double) = (strength * x[i] / root, strength * epsilon * epsilon / (root * root * root) * direction[i])
      #expect(abs(gradient[i] - slopes[i] - slope) < 16 * precision.epsilon)
      // The curvature is up to strength/ε = 7.5.
      #expect(abs(product[i] - curvatures[i] - curvature) < 64 * precision.epsilon)
    }
  }

  /// x²/2ε for small x, where √(x² + ε²) − ε would cancel to nothing.
  @Test func smallNumbersDoNotCancel() throws {
    let x = try Numbers(1, .float64)
    x[0] = 1e-9
    #expect(abs(accumulateSmoothedAbsolute(x.vector, epsilon: 1, strength: 1, addingTo: nil) / 5e-19 - 1) < 1e-12)
  }
}
