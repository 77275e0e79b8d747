import LinearAlgebra
import Settings

/// Σ_o w_o ρ_q(t − s_o) with ρ_q(r) = qr for r > 0 and (q − 1)r for r ≤ 0: a score that minimizes its mean is the q-quantile of the targets, the median for q = ½.
///
/// With one level q all outputs have it, each with a target of its own. With Q levels, Q consecutive outputs estimate the quantiles of one target, in the order of the levels, so that there are
/// outputs/Q targets. Nothing keeps the estimates of different levels from crossing.
/// The gradient is −q below the target, 1 − q above it and 0 on it. The second derivative is 0 wherever it exists, so that Gauss–Newton methods refuse this loss.
/// Source: Koenker & Bassett 1978, eq. 1.1.
package struct Quantile: Loss {
  static let levels = OptionDescription(
    "quantiles", .reals, default: .text("0.5"), unit: "1",
    "levels of loss quantile, each between 0 and 1. One level: that of all outputs. Several: as many consecutive outputs estimate the quantiles of one target, so that outputs is targets times levels")

  private let terms: OutputTerms

  package init(levels: [Double], weights: [Double] = []) { terms = OutputTerms(.pinball, parameters: levels, weights: weights) }

  /// - Throws: `outOfRange` for a level that is not between 0 and 1, or none.
  package init(_ options: OptionValues) throws(Failure) {
    let levels = try options.reals(Self.levels.key)
    guard !levels.isEmpty else { throw Failure(.outOfRange, "quantiles is empty; it must hold at least one level between 0 and 1, such as 0.5") }
    if let place = levels.firstIndex(where: { !($0 > 0 && $0 < 1) }) {
      throw Failure(.outOfRange, "quantiles: entry \(place) is \(levels[place]); it must be greater than 0 and less than 1")
    }
    self.init(levels: levels, weights: try OutputWeights.read(options))
  }

  /// The levels, which the outputs take in turn.
  package var levels: [Double] { terms.parameters }
  package var outputKind: OutputKind { .values }
  package var targetScale: TargetScale? { .robust }
  /// The caller's loss is c times the scaled one.
  package func scaled(shifts: [Double], scales: [Double], in unit: LossUnit) -> any Loss { unit == .training ? self : Quantile(levels: levels, weights: terms.weights(times: scales)) }
  package func classes(outputs: Int) -> Int { 0 }
  package func targets(outputs: Int) -> Int { outputs / levels.count }

  package func check(outputs: Int) throws(Failure) {
    guard outputs.isMultiple(of: levels.count) else {
      throw Failure(.incompatible, "loss quantile with \(levels.count) quantiles needs as many outputs for each target; outputs is \(outputs), which is no multiple of that")
    }
    try OutputWeights.check(terms.weights, outputs: outputs)
  }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    terms.sum(scores: scores, targets: targets.values, count: count, sampleWeights: targets.weights, scale: scale, gradient: gradient)
  }

  package var reasonWithoutCurvature: String? { "those of loss quantile are 0" }
  package func curvature(at scores: Block, of tangent: Block, scratch: Block) { terms.applyCurvature(at: scores, to: tangent) }

  package func link(_ scores: Block, into out: Block) {
    if out.base != scores.base { copy(scores, into: out) }
  }
}
