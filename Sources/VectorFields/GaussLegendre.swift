import Glibc

/// Gauss–Legendre quadrature on [0, 1]: Σ w_k f(x_k) = ∫₀¹ f for polynomials up to degree 2n − 1.
///
/// The points are the zeros of P_n, found by Newton's method from Tricomi's approximation. Source: Davis & Rabinowitz 1984, "Methods of numerical integration", §2.7.
/// Accuracy: a few roundings for the n ≤ 64 used here.
package struct GaussLegendre {
  package let points: [Double]
  package let weights: [Double]

  /// - Parameter count: n, at least 1.
  package init(_ count: Int) {
    var (points, weights) = (Array(repeating: 0.5, count: count), Array(repeating: 1.0, count: count))
    for k in 0..<count {
      var x = cos(Double.pi * (Double(k) + 0.75) / (Double(count) + 0.5))
      var slope = 0.0
      // Converges quadratically: four steps from this start; the last ones change nothing.
      for _ in 0..<8 {
        var (before, value) = (1.0, x)
        for i in stride(from: 1, to: count, by: 1) { (before, value) = (value, (Double(2 * i + 1) * x * value - Double(i) * before) / Double(i + 1)) }
        slope = Double(count) * (x * value - before) / (x * x - 1)
        x -= value / slope
      }
      points[count - 1 - k] = 0.5 * (1 + x)
      weights[count - 1 - k] = 1 / ((1 - x * x) * slope * slope)
    }
    self.points = points
    self.weights = weights
  }
}
