import Testing
import VectorFields

@Suite struct GaussLegendreTests {
  /// ∫₀¹ xᵏ = 1/(k + 1) is exact up to k = 2n − 1, but not for k = 2n.
  @Test(arguments: [1, 2, 3, 5, 8, 16, 33]) func isExactToItsDegree(_ count: Int) {
    let rule = GaussLegendre(count)
    #expect(zip(rule.points, rule.points.dropFirst()).allSatisfy { $0 < $1 } && rule.weights.allSatisfy { $0 > 0 })
    func integral(_ k: Int) -> Double {
      zip(rule.points, rule.weights).reduce(0) { sum, pair in sum + pair.1 * (0..<k).reduce(1) { power, _ in power * pair.0 } }
    }
    for k in 0..<2 * count { #expect(abs(integral(k) - 1 / Double(k + 1)) < 1e-15 * 8) }
    if count <= 5 { #expect(abs(integral(2 * count) - 1 / Double(2 * count + 1)) > 1e-8) }
  }
}
