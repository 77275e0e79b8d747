import Integrators
import Settings
import TestSupport
import Testing

@Suite struct ButcherTableauTests {
  /// Hairer, Nørsett & Wanner 1993, table II.1.2, with every row written out.
  private static let threeEighths: (a: [Double], b: [Double]) = (
    [0, 0, 0, 0, 1.0 / 3, 0, 0, 0, -1.0 / 3, 1, 0, 0, 1, -1, 1, 0], [1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8]
  )

  @Test func theNamedTableausHaveTheirOrders() throws {
    let named: [(ButcherTableau, Int, [Double])] = [
      (try ButcherTableau.heun(), 2, [0, 1]), (try ButcherTableau.ssprk3(), 3, [0, 1, 0.5]), (try ButcherTableau.rk3(), 3, [0, 0.5, 1]),
      (try ButcherTableau.rk4(), 4, [0, 0.5, 0.5, 1]),
    ]
    for (tableau, order, c) in named {
      #expect(tableau.order == order)
      #expect(tableau.c == c)
      #expect(tableau.conditions.filter { $0.order <= order }.allSatisfy { $0.holds })
      // None of them has a higher order than it states.
      if order < 4 { #expect(!tableau.conditions.filter { $0.order == order + 1 }.allSatisfy { $0.holds }) }
    }
  }

  /// All rows, or only the entries below the diagonal, give the same tableau.
  @Test func bothFormsOfTheMatrixAreRead() throws {
    let full = try ButcherTableau(a: Self.threeEighths.a, b: Self.threeEighths.b, order: 4)
    let triangle = try ButcherTableau(a: [1.0 / 3, -1.0 / 3, 1, 1, -1, 1], b: Self.threeEighths.b, order: 4)
    #expect(full.a == triangle.a)
    #expect(largestDifference(full.c, [0, 1.0 / 3, 2.0 / 3, 1]) < 1e-15)
    #expect(full.conditions.count == 8)
    #expect(full.conditions.map { Int((1 / $0.target).rounded()) } == [1, 2, 3, 6, 4, 8, 12, 24])
  }

  private struct Miss: Sendable {
    let a: [Double]
    let b: [Double]
    let order: Int
    let condition: String
  }

  private static let heun3: [Double] = [0.25, 0, 0.75]
  private static let classic: [Double] = [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6]
  private static let misses: [Miss] = [
    Miss(a: [], b: [0.9], order: 1, condition: "Σ b_i = 1 "),
    Miss(a: [], b: [1], order: 2, condition: "Σ b_i c_i = 1/2"),
    Miss(a: [0.5], b: [0, 1], order: 3, condition: "Σ b_i c_i² = 1/3"),
    // Heun's third-order method with its last stage evaluated from y; c is the same.
    Miss(a: [1.0 / 3, 2.0 / 3, 0], b: heun3, order: 3, condition: "Σ b_i a_ij c_j = 1/6"),
    Miss(a: [1.0 / 3, 0, 2.0 / 3], b: heun3, order: 4, condition: "Σ b_i c_i³ = 1/4"),
    Miss(a: [0.5, -1, 2], b: [1.0 / 6, 2.0 / 3, 1.0 / 6], order: 4, condition: "Σ b_i c_i a_ij c_j = 1/8"),
    // The classic method with a_42 = 1 instead of a_43.
    Miss(a: [0.5, 0, 0.5, 0, 1, 0], b: classic, order: 4, condition: "Σ b_i a_ij a_jk c_k = 1/24"),
  ]

  /// Each tableau satisfies every condition before the one that the error names.
  @Test(arguments: misses.indices) func aMissedConditionIsNamed(_ index: Int) {
    let miss = Self.misses[index]
    let (a, b, order, condition) = (miss.a, miss.b, miss.order, miss.condition)
    let failure = refusal { _ = try ButcherTableau(a: a, b: b, order: order) }
    #expect(failure?.status == .incompatible)
    #expect(failure?.message.contains(condition) == true, "\(failure?.message ?? "accepted")")
    #expect(failure?.message.contains("tableau_order is \(order)") == true)
    if order > 1 { #expect(refusal { _ = try ButcherTableau(a: a, b: b, order: order - 1) } == nil) }
  }

  /// 0.3333 is not accurate enough for 1/3.
  @Test func roundedCoefficientsAreRefused() {
    #expect(refusal { _ = try ButcherTableau(a: [0.6667], b: [0.25, 0.75], order: 2) }?.status == .incompatible)
    #expect(refusal { _ = try ButcherTableau(a: [0.6666666666666666], b: [0.25, 0.75], order: 2) } == nil)
  }

  @Test func whatIsNoExplicitTableauIsRefused() {
    func failure(_ a: [Double], _ b: [Double], order: Int = 1) -> Failure? { refusal { _ = try ButcherTableau(a: a, b: b, order: order) } }
    #expect(failure([], [])?.status == .shapeMismatch)
    #expect(failure(Array(repeating: 0, count: 17 * 8), Array(repeating: 1.0 / 17, count: 17))?.message.contains("17") == true)
    #expect(failure([1, 2], [0.5, 0.5])?.message.contains("need 1 (the rows below the diagonal) or 4 (all rows)") == true)
    #expect(failure([0, 0.5, 1, 0], [0.5, 0.5])?.message.contains("row 1, column 2 is 0.5") == true)
    #expect(failure([0.5, 0, 1, 0], [0.5, 0.5])?.message.contains("row 1, column 1") == true)
    #expect(failure([1.5], [0.5, 0.5])?.message.contains("row 2 sums to 1.5") == true)
    #expect(failure([-0.5], [0.5, 0.5])?.status == .incompatible)
    #expect(failure([], [1], order: 5)?.status == .outOfRange)
    #expect(failure([], [1], order: 0)?.status == .outOfRange)
  }
}
