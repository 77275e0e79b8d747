import Settings

/// The coefficients of an explicit Runge–Kutta method: Y_i = y + h Σ_{j<i} a_ij f(Y_j), y₊ = y + h Σ b_i f(Y_i), stage i at the time t + c_i h with c_i = Σ_j a_ij.
///
/// A tableau is checked when it is made: all conditions up to the claimed order, eight up to order 4 (Butcher 1963; Hairer, Nørsett & Wanner 1993, §II.2, table 2.1), must
/// hold to 1e-12 of the sum of their terms' sizes.
package struct ButcherTableau: Sendable {
  /// The most stages that a tableau may have.
  package static let maximumStages = 16
  /// The highest order whose conditions are checked.
  package static let maximumOrder = 4

  /// s × s numbers, row by row; zero on and above the diagonal.
  package let a: [Double]
  package let b: [Double]
  package let c: [Double]
  /// The claimed order of the global error, at most 4. A method of higher order may be given as one of order 4.
  package let order: Int

  /// - Parameters:
  ///   - a: the strict lower triangle row by row, s(s−1)/2 numbers, or all rows, s² numbers.
  ///   - b: s weights; s is at least 1 and at most 16.
  ///   - order: 1 to 4.
  /// - Throws: `.shapeMismatch` for lists whose lengths do not match; `.incompatible` naming the entry above the diagonal, the stage outside the step, or the order condition that is missed.
  package init(a: [Double], b: [Double], order: Int) throws(Failure) {
    let stages = b.count
    guard (1...Self.maximumStages).contains(stages) else {
      throw Failure(.shapeMismatch, "tableau_b has \(stages) numbers; a tableau has 1 to \(Self.maximumStages) stages")
    }
    guard (1...Self.maximumOrder).contains(order) else {
      throw Failure(.outOfRange, "tableau_order is \(order); it must be between 1 and \(Self.maximumOrder)")
    }
    let triangle = stages * (stages - 1) / 2
    guard a.count == triangle || a.count == stages * stages else {
      throw Failure(
        .shapeMismatch,
        "tableau_a has \(a.count) numbers; the \(stages) stages of tableau_b need \(triangle) (the rows below the diagonal) or \(stages * stages) (all rows)")
    }
    var rows = Array(repeating: 0.0, count: stages * stages)
    var next = 0
    for i in 0..<stages {
      for j in 0..<(a.count == triangle ? i : stages) {
        rows[i * stages + j] = a[next]
        next += 1
        guard j < i || rows[i * stages + j] == 0 else {
          throw Failure(
            .incompatible, "tableau_a: row \(i + 1), column \(j + 1) is \(rows[i * stages + j]); an explicit scheme has zeros on and above the diagonal")
        }
      }
    }
    self.a = rows
    self.b = b
    c = (0..<stages).map { i in rows[i * stages..<(i + 1) * stages].reduce(0, +) }
    self.order = order
    for (i, time) in c.enumerated() where !(0...1 + Self.tolerance).contains(time) {
      throw Failure(.incompatible, "tableau_a: row \(i + 1) sums to \(time); the times of stages must lie within the step, between 0 and 1")
    }
    for condition in conditions where condition.order <= order && !condition.holds {
      throw Failure(
        .incompatible,
        "tableau_order is \(order), but the condition of order \(condition.order) \(condition.formula) = \(condition.fraction) is missed: the left side is \(condition.value)")
    }
  }

  package var stages: Int { b.count }

  /// The tolerance of the conditions. Stages whose times differ by less than this are evaluated at the same node.
  static let tolerance = 1e-12
}

/// A condition on the coefficients that a method of some order must meet.
package struct OrderCondition: Sendable {
  package let order: Int
  package let formula: String
  package let fraction: String
  package let target: Double
  /// The left side, and the sum of its terms' sizes.
  package let value: Double
  let size: Double

  package var holds: Bool { abs(value - target) <= ButcherTableau.tolerance * (1 + size) }
}

extension ButcherTableau {
  /// The eight conditions up to order 4, in order.
  package var conditions: [OrderCondition] {
    let squares = c.map { $0 * $0 }
    let ac = applied(c)
    func condition(_ order: Int, _ formula: String, _ denominator: Int, _ factors: [Double]) -> OrderCondition {
      var (value, size) = (0.0, 0.0)
      for i in 0..<stages {
        value += b[i] * factors[i]
        size += abs(b[i] * factors[i])
      }
      return OrderCondition(
        order: order, formula: formula, fraction: denominator == 1 ? "1" : "1/\(denominator)", target: 1 / Double(denominator), value: value, size: size)
    }
    return [
      condition(1, "Σ b_i", 1, Array(repeating: 1, count: stages)),
      condition(2, "Σ b_i c_i", 2, c),
      condition(3, "Σ b_i c_i²", 3, squares),
      condition(3, "Σ b_i a_ij c_j", 6, ac),
      condition(4, "Σ b_i c_i³", 4, zip(squares, c).map { $0 * $1 }),
      condition(4, "Σ b_i c_i a_ij c_j", 8, zip(c, ac).map { $0 * $1 }),
      condition(4, "Σ b_i a_ij c_j²", 12, applied(squares)),
      condition(4, "Σ b_i a_ij a_jk c_k", 24, applied(ac)),
    ]
  }

  /// A·x.
  private func applied(_ x: [Double]) -> [Double] {
    (0..<stages).map { i in (0..<i).reduce(0) { $0 + a[i * stages + $1] * x[$1] } }
  }
}

extension ButcherTableau {
  /// Heun's method of order 2: Heun 1900. Two evaluations; imaginary axis: 0.
  package static func heun() throws(Failure) -> ButcherTableau { try ButcherTableau(a: [1], b: [1 / 2, 1 / 2], order: 2) }

  /// The strong-stability-preserving method of order 3: Shu & Osher 1988. Three evaluations; imaginary axis: √3.
  package static func ssprk3() throws(Failure) -> ButcherTableau { try ButcherTableau(a: [1, 1 / 4, 1 / 4], b: [1 / 6, 1 / 6, 2 / 3], order: 3) }

  /// Kutta's method of order 3: Kutta 1901. Three evaluations; imaginary axis: √3.
  package static func rk3() throws(Failure) -> ButcherTableau { try ButcherTableau(a: [1 / 2, -1, 2], b: [1 / 6, 2 / 3, 1 / 6], order: 3) }

  /// The classic method of order 4: Kutta 1901. Four evaluations; imaginary axis: 2√2.
  package static func rk4() throws(Failure) -> ButcherTableau {
    try ButcherTableau(a: [1 / 2, 0, 1 / 2, 0, 0, 1], b: [1 / 6, 1 / 3, 1 / 3, 1 / 6], order: 4)
  }
}

/// How a tableau is made from the options of its method.
package typealias TableauEntry = Factory<OptionValues, ButcherTableau>

/// The explicit Runge–Kutta methods by the names of their integrators: the methods that others, such as `reversible`, are built on.
package let tableaux = Registry<TableauEntry>("base", [
  ("euler", "forward Euler, order 1", TableauEntry { _ throws(Failure) in try ButcherTableau(a: [], b: [1], order: 1) }),
  ("heun", "Heun's method, order 2", TableauEntry { _ throws(Failure) in try .heun() }),
  ("ssprk3", "strong-stability-preserving, order 3", TableauEntry { _ throws(Failure) in try .ssprk3() }),
  ("rk3", "Kutta's method, order 3", TableauEntry { _ throws(Failure) in try .rk3() }),
  ("rk4", "the classic method, order 4", TableauEntry { _ throws(Failure) in try .rk4() }),
  ("runge_kutta", "your own tableau", TableauEntry(options: ButcherTableau.options) { (o) throws(Failure) in try ButcherTableau(o) }),
])

extension ButcherTableau {
  /// By default the explicit midpoint rule (Runge 1895), order 2.
  package static let options = [
    OptionDescription(
      "tableau_a", .reals, default: .text("0.5"),
      "coefficients a_ij of the Runge–Kutta method, row by row: either those below the diagonal alone, or all of them"),
    OptionDescription("tableau_b", .reals, default: .text("0,1"), "weights b_i of the Runge–Kutta method, one for each stage"),
    OptionDescription(
      "tableau_order", .integer(1...Int64(maximumOrder)), default: .integer(2), unit: "1",
      "order of the Runge–Kutta method; coefficients that do not satisfy its order conditions are refused"),
  ]

  /// The tableau of the options `tableau_a`, `tableau_b`, `tableau_order`.
  package init(_ options: OptionValues) throws(Failure) {
    try self.init(a: try options.reals("tableau_a"), b: try options.reals("tableau_b"), order: try options.integer("tableau_order"))
  }
}
