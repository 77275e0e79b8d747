import Integrators
import LinearAlgebra
import Settings

/// A Lipschitz bound of one layer's step, with the rule that gives it and the conditions of the rule.
package struct LayerBound {
  /// "cocoercive", "residual": the names are those of `certificate_format.md`.
  package let rule: String
  package let norms: [Int]
  package let lipschitz: Double
  package var hypotheses: [Hypothesis] = []

  package init(_ rule: String, _ norms: [NormClaim], _ bound: Interval, _ hypotheses: [Hypothesis] = []) {
    (self.rule, self.norms, lipschitz, self.hypotheses) = (rule, norms.map(\.index), bound.upper, hypotheses)
  }

  package var json: JSON { .object([("rule", .text(rule)), ("norms", .array(norms.map { .integer(Int64($0)) })), ("lipschitz", lipschitz.isFinite ? .real(lipschitz) : .null)]) }
}

/// The conditions under which a step contracts or keeps distances, as hypotheses of certificates. Each is a theorem of Theory.md §6.2 to §6.7 or §6.13.
package enum StepConditions {
  /// h L ‖K‖² for a bound of ‖K‖.
  package static func descentSize(_ layer: LayerReading, _ norm: NormClaim) -> Interval {
    Interval(layer.stepSize) * Interval(layer.field.activation.largestSlope) * (.upTo(norm.bound) * .upTo(norm.bound))
  }

  package static func slopes(_ layer: LayerReading) -> Hypothesis {
    Hypothesis("slopes", "the slopes of the activation are not negative", block: layer.block, Interval(layer.field.activation.leastSlope), .atLeast, Interval(0))
  }

  /// The condition for which a descent's step is non-expansive; nil for a scheme that has none.
  package static func descent(_ layer: LayerReading, _ norm: NormClaim) -> Hypothesis? {
    let size = descentSize(layer, norm)
    switch layer.scheme {
    case .euler, .rotation: return Hypothesis("euler_step", "h L ‖K‖² <= 2", block: layer.block, layer: layer.layer, size, .atMost, Interval(2))
    case .rungeKutta(_, let radius) where radius > 0:
      return Hypothesis("circle_step", "h L ‖K‖² <= 2 r, r = \(radius)", block: layer.block, layer: layer.layer, size, .atMost, Interval(2) * Interval(radius))
    default: return nil
    }
  }

  /// That T is made of the row sums, so that every K is allowed.
  package static func rowSums(_ layer: LayerReading) -> Hypothesis? {
    switch layer.scheme {
    case .euler: break
    case .rungeKutta(_, let radius) where radius >= 1: break
    default: return nil
    }
    return Hypothesis("row_sums", "T = diag(2/(L r)) with the row sums r of |KKᵀ|", block: layer.block, layer: layer.layer, Interval(1), .atMost, Interval(1))
  }

  /// 1 − 2h(γ − ½L‖S‖) + h²(γ + L‖S‖)², the square of a Lipschitz bound.
  package static func dampedSquare(_ layer: LayerReading, _ norm: NormClaim, gamma: Double) -> Interval {
    let (h, size) = (Interval(layer.stepSize), Interval(layer.field.activation.largestSlope) * .upTo(norm.bound))
    let sum = Interval(gamma) + size
    return 1 - 2 * h * (gamma - 0.5 * size) + h * h * sum * sum
  }

  /// The largest L‖S‖ for which 1 − 2h(γ − ½L‖S‖) + h²(γ + L‖S‖)² ≤ 1, up to roundings: the root s of hs² + (1 + 2hγ)s = 2γ − hγ². Not positive if there is none.
  package static func largestDampedSize(stepSize h: Double, gamma: Double) -> Double {
    let (b, c) = (1 + 2 * h * gamma, 2 * gamma - h * gamma * gamma)
    return 2 * c / (b + max(b * b + 4 * h * c, 0).squareRoot())
  }

  package static func damped(_ layer: LayerReading, _ norm: NormClaim, gamma: Double) -> Hypothesis {
    Hypothesis(
      "damped_step", "1 − 2h(γ − ½L‖S‖) + h²(γ + L‖S‖)² <= 1", block: layer.block, layer: layer.layer, dampedSquare(layer, norm, gamma: gamma), .atMost, Interval(1))
  }
}
