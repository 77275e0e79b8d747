import Integrators

/// A proven lower bound of a Runge–Kutta method's radius of circle contractivity: r for which BA + AᵀB − bbᵀ + B/r is positive semidefinite, B = diag(b), b > 0.
///
/// Source: Dahlquist & Jeltsch 1979 ("Generalized disks of contractivity"); Theory.md §6.4. The radii of heun, ssprk3 and rk4 are 1 and that of rk3 is ½ exactly, by their exact coefficients. For a tableau of the caller's, whose coefficients are the
/// Doubles themselves, the radius found by bisection is decreased until a factorization in interval arithmetic proves it.
package enum CircleRadius {
  package static func lowerBound(_ method: RungeKutta, name: String) -> Double {
    switch name {
    case "heun", "ssprk3", "rk4": return 1
    case "rk3": return 0.5
    default: break
    }
    var radius = method.circleRadius
    guard radius > 0, radius.isFinite else { return 0 }
    for share in [1e-12, 1e-9, 1e-6, 1e-3] {
      let trial = radius * (1 - share)
      if isProven(method, trial) { return trial }
      radius = trial
    }
    return 0
  }

  /// Whether all pivots of the factorization are positive.
  static func isProven(_ method: RungeKutta, _ radius: Double) -> Bool {
    let (a, b) = method.coefficients
    let n = b.count
    guard radius > 0, b.allSatisfy({ $0 > 0 }) else { return false }
    func entry(_ i: Int, _ j: Int) -> Interval {
      let sum = Interval(b[i]) * Interval(a[i * n + j]) + Interval(b[j]) * Interval(a[j * n + i]) - Interval(b[i]) * Interval(b[j])
      return i == j ? sum + Interval(b[i]) / Interval(radius) : sum
    }
    var matrix = (0..<n).map { i in (0..<n).map { entry(i, $0) } }
    for k in 0..<n {
      guard matrix[k][k].lower > 0 else { return false }
      for i in k + 1..<max(n, k + 1) {
        for j in k + 1..<n { matrix[i][j] = matrix[i][j] - matrix[i][k] * matrix[k][j] / matrix[k][k] }
      }
    }
    return true
  }
}
