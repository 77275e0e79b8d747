import Foundation
import Integrators
import Testing

@Suite struct AdaptiveTableauTests {
  static let tableaus = [AdaptiveTableau.dopri5, .tsit5]

  private static func rows(_ tableau: AdaptiveTableau) -> [[Double]] { (0..<7).map { i in (0..<7).map { tableau.a(i, $0) } } }

  /// Σ_j a_ij x_j.
  private static func apply(_ a: [[Double]], _ x: [Double]) -> [Double] { a.map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } } }
  private static func times(_ x: [Double], _ y: [Double]) -> [Double] { zip(x, y).map { $0 * $1 } }

  /// The elementary weights of the rooted trees up to `order`, as Σ_i b_i φ_i, with 1/γ: Hairer, Nørsett & Wanner 1993, table II.2.2.
  private static func trees(_ a: [[Double]], order: Int) -> [(phi: [Double], value: Double)] {
    let one = Array(repeating: 1.0, count: 7)
    let c = apply(a, one)
    let (c2, c3, ac) = (times(c, c), times(times(c, c), c), apply(a, c))
    var all: [(Int, [Double], Double)] = [
      (1, one, 1), (2, c, 1.0 / 2), (3, c2, 1.0 / 3), (3, ac, 1.0 / 6),
      (4, c3, 1.0 / 4), (4, times(c, ac), 1.0 / 8), (4, apply(a, c2), 1.0 / 12), (4, apply(a, ac), 1.0 / 24),
    ]
    all += [
      (5, times(c2, c2), 1.0 / 5), (5, times(c2, ac), 1.0 / 10), (5, times(ac, ac), 1.0 / 20), (5, times(c, apply(a, c2)), 1.0 / 15), (5, times(c, apply(a, ac)), 1.0 / 30),
      (5, apply(a, c3), 1.0 / 20), (5, apply(a, times(c, ac)), 1.0 / 40), (5, apply(a, apply(a, c2)), 1.0 / 60), (5, apply(a, apply(a, ac)), 1.0 / 120),
    ]
    return all.filter { $0.0 <= order }.map { ($0.1, $0.2) }
  }

  private static func sum(_ weights: [Double], _ phi: [Double]) -> Double { zip(weights, phi).reduce(0) { $0 + $1.0 * $1.1 } }

  /// All 17 order conditions; tsit5's printed coefficients have 15 digits and are as large as 13.
  @Test(arguments: tableaus.indices) func theStepHasOrderFive(_ index: Int) {
    let tableau = Self.tableaus[index]
    let b = (0..<7).map { tableau.b($0) }
    let trees = Self.trees(Self.rows(tableau), order: 5)
    #expect(trees.count == 17 && tableau.order == 5)
    for tree in trees { #expect(abs(Self.sum(b, tree.phi) - tree.value) < 2e-14) }
    #expect(tableau.b(6) == 0, "the seventh stage has no part in the step")
  }

  /// b̂ = b − e satisfies the conditions up to order 4, but not all of order 5; otherwise there would be no error estimate.
  @Test(arguments: tableaus.indices) func theEstimateHasOrderFour(_ index: Int) {
    let tableau = Self.tableaus[index]
    let embedded = (0..<7).map { tableau.b($0) - tableau.error[$0] }
    let a = Self.rows(tableau)
    for tree in Self.trees(a, order: 4) { #expect(abs(Self.sum(embedded, tree.phi) - tree.value) < 2e-14) }
    #expect(Self.trees(a, order: 5).contains { abs(Self.sum(embedded, $0.phi) - $0.value) > 1e-5 })
  }

  /// The last stage is evaluated at y₊ and is the first stage of the next step: Σ_j a_7j = 1. No stage reads itself or a later one.
  @Test(arguments: tableaus.indices) func isExplicitAndFirstSameAsLast(_ index: Int) {
    let a = Self.rows(Self.tableaus[index])
    #expect(abs(a[6].reduce(0, +) - 1) < 1e-14)
    for i in 0..<7 { for j in i..<7 { #expect(a[i][j] == 0) } }
  }

  /// Σ_j w_j(θ) φ_j = θ^ρ/γ for trees of order ρ up to 4 (II.6, eq. 6.10); the ends and their slopes are those of the step.
  @Test(arguments: tableaus.indices) func theExtensionHasOrderFour(_ index: Int) {
    let tableau = Self.tableaus[index]
    let a = Self.rows(tableau)
    let orders = [1, 2, 3, 3, 4, 4, 4, 4]
    for theta in [0, 0.1, 0.25, 0.5, 0.77, 1.0] {
      let inline = tableau.extensionWeights(theta)
      let weights = (0..<7).map { inline[$0] }
      for (order, tree) in zip(orders, Self.trees(a, order: 4)) { #expect(abs(Self.sum(weights, tree.phi) - pow(theta, Double(order)) * tree.value) < 1e-13) }
    }
    let (first, last) = (tableau.extensionWeights(0), tableau.extensionWeights(1))
    for j in 0..<7 {
      #expect(first[j] == 0)
      #expect(abs(last[j] - tableau.b(j)) < 1e-14)
      // ẏ at the ends is k₁ and k₇; by central differences of quartics, whose error is the third derivative's, at most 100 here.
      let step = 1e-4
      let (up, down) = (tableau.extensionWeights(1 + step), tableau.extensionWeights(1 - step))
      #expect(abs((up[j] - down[j]) / (2 * step) - (j == 6 ? 1 : 0)) < 1e-5)
      let (right, left) = (tableau.extensionWeights(step), tableau.extensionWeights(-step))
      #expect(abs((right[j] - left[j]) / (2 * step) - (j == 0 ? 1 : 0)) < 1e-5)
    }
  }
}
