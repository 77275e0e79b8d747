import LinearAlgebra
import Settings

/// What would make the conditions of steps hold that fail: the largest step size, a factor for the weights, the smallest damping. Each is named only if it is known for every condition that fails.
struct StepRepair {
  /// The same for one condition; nil for what does not help, or is not known.
  struct Remedy {
    var step: Double?
    var factor: Double?
    var gamma: Double?
    /// What helps where none of them does.
    var otherwise: String?
  }

  private var step: Double? = .infinity
  private var factor: Double? = 1
  private var gamma: Double? = 0
  private var others: [String] = []
  private var isEmpty = true

  mutating func note(_ remedy: Remedy) {
    func least(_ a: Double?, _ b: Double?, _ choose: (Double, Double) -> Double) -> Double? {
      guard let a, let b, b > 0, b.isFinite else { return nil }
      return choose(a, b)
    }
    isEmpty = false
    (step, factor, gamma) = (least(step, remedy.step, min), least(factor, remedy.factor, min), least(gamma, remedy.gamma, max))
    if let other = remedy.otherwise, !others.contains(other) { others.append(other) }
  }

  /// - Parameter canRepair: whether nearest weights are known.
  func members(canRepair: Bool) -> [(key: String, value: JSON)] {
    guard !isEmpty else { return [] }
    var (members, ways): ([(key: String, value: JSON)], [String]) = ([], [])
    func add(_ key: String, _ value: Double?, _ text: String) {
      guard let value else { return }
      members.append((key, .real(value)))
      ways.append("\(text) \(value) (\(key))")
    }
    add("largest_step", step, "steps of at most")
    add("weight_factor", factor, "the weights of all operators times")
    add("smallest_gamma", gamma, "a gamma of")
    var text = ways.isEmpty ? "" : "any of these satisfies the hypotheses that fail: \(ways.joined(separator: ", or "))"
    if ways.count == 1 { text = "this satisfies the hypotheses that fail: \(ways[0])" }
    if canRepair { text += (text.isEmpty ? "" : "; ") + "sode_network_repair gives the nearest weights that satisfy them" }
    for other in others { text += (text.isEmpty ? "" : "; ") + other }
    return text.isEmpty ? members : members + [("text", .text(text))]
  }
}

extension StepRepair.Remedy {
  /// Numbers are moved inward by more than the roundings of the conditions.
  private static let inside = 1 - 1e-9

  /// For conditions of the form c·hᵃ‖K‖ᵇ <= limit.
  /// - Parameters: power, stepPower: b and a; each 1, 2 or 4.
  init(_ condition: Hypothesis, stepSize h: Double, power: Double, stepPower: Double = 1) {
    guard condition.value > 0, condition.limit > 0 else { return }
    let share = condition.limit / condition.value * Self.inside
    (step, factor) = (h * Self.root(share, stepPower), Self.root(share, power))
  }

  private static func root(_ x: Double, _ power: Double) -> Double { power == 1 ? x : power == 2 ? x.squareRoot() : x.squareRoot().squareRoot() }

  /// For h L(g² + s²) <= 2g, g = γ/2: the damping inside of the activation.
  /// - Parameter norm: s.
  init(rotationOf norm: Double, slope: Double, gamma: Double, stepSize h: Double) {
    let (g, a) = (0.5 * gamma, h * slope)
    if g > 0 { step = 2 * g / (slope * (g * g + norm * norm)) * Self.inside }
    // The roots are g = (1 ± √(1 − a²s²))/a; the smaller one without cancellation.
    let share = a * norm
    if share < 1 { self.gamma = 2 * share * norm / (1 + (1 - share * share).squareRoot()) * (1 + 1e-9) }
    let square = 2 * g / a - g * g
    if square > 0 { factor = square.squareRoot() / norm * Self.inside }
    if g == 0, share >= 1 { otherwise = "with gamma 0 no step is proved for euler; a step of less than \(1 / (slope * norm)) with a gamma is" }
    if g > 0, square <= 0 { otherwise = "a gamma of at least 4/(hL), which is \(4 / a) here, allows no weights; a smaller step or gamma does" }
  }

  /// For 1 − 2h(γ − ½s) + h²(γ + s)² <= 1: the damping outside of the activation.
  /// - Parameter size: s = L‖S‖.
  init(dampedOf size: Double, gamma: Double, stepSize h: Double) {
    // Beside the 1 a smaller excess is lost in roundings.
    let seen = 0x1p-46
    let excess = 2 * gamma - size
    let most = excess / ((gamma + size) * (gamma + size))
    if excess > 0, most * excess * (1 - Self.inside) > seen { step = most * Self.inside }
    let largest = StepConditions.largestDampedSize(stepSize: h, gamma: gamma)
    if largest > 0, h * largest * (1 - Self.inside) > seen { factor = largest / size * Self.inside }
    // The smaller root of hγ² + 2(hs − 1)γ + s + hs² = 0.
    let share = h * size
    if 3 * share < 0.999 { self.gamma = size * (1 + share) / (1 - share + (1 - 3 * share).squareRoot()) * (1 + 1e-9) + 16 * seen / h }
    if largest <= 0 { otherwise = gamma > 0 ? "no weights satisfy them with this step and gamma, whose product must be less than 2" : "no weights satisfy them with gamma 0" }
    if 3 * share >= 1, step == nil { otherwise = "a gamma helps together with steps of less than \(1 / (3 * size))" }
  }
}
