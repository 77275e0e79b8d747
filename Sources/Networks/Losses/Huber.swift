import LinearAlgebra
import Settings

/// Σ_o w_o h(s_o − t_o) with h(r) = ½r² up to |r| = δ and δ|r| − ½δ² beyond: regression that single wrong targets change little.
///
/// The gradient is the residual, limited to ±δ. Second-order methods take 1, the least upper bound of h'', in its place: this is the method of modified residuals, whose quadratic model lies above the
/// loss everywhere, so that its steps descend. Products with the Hessian (newton_pcg) are those of the loss itself.
/// Source: Huber 1964, §4; Huber & Dutter 1974 for the modified residuals.
package struct Huber: Loss {
  static let delta = OptionDescription(
    "huber_delta", .real(0...1e150, openBelow: true), default: .real(1), unit: "targets", "distance δ of score and target up to which loss huber is quadratic; beyond, it is linear")

  private let terms: OutputTerms
  /// δ.
  package let delta: Double

  package init(delta: Double, weights: [Double] = []) { self.init(delta, terms: OutputTerms(.huber, parameters: [delta], weights: weights)) }
  private init(_ delta: Double, terms: OutputTerms) { (self.delta, self.terms) = (delta, terms) }

  package init(_ options: OptionValues) throws(Failure) {
    self.init(delta: try options.real(Self.delta.key), weights: try OutputWeights.read(options))
  }

  package var outputKind: OutputKind { .values }
  package var targetScale: TargetScale? { .robust }

  /// δ is in the caller's units, so that it is d = δ/c for an output of scale c. The caller's loss is c² times the scaled one. Training divides the scaled one by min(d, 1), which makes gradients 1 at most where the loss is
  /// linear everywhere, however small δ is.
  package func scaled(shifts: [Double], scales: [Double], in unit: LossUnit) -> any Loss {
    // So large that its inverse is finite.
    let deltas = scales.map { max(delta / $0, 1e-150) }
    let factors = unit == .training ? deltas.map { 1 / min($0, 1) } : scales.map { $0 * $0 }
    return Huber(delta, terms: OutputTerms(.huber, parameters: deltas, sharing: 1, weights: terms.weights(times: factors)))
  }

  package func classes(outputs: Int) -> Int { 0 }
  package func check(outputs: Int) throws(Failure) { try OutputWeights.check(terms.weights, outputs: outputs) }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    terms.sum(scores: scores, targets: targets.values, count: count, sampleWeights: targets.weights, scale: scale, gradient: gradient)
  }

  package func curvature(at scores: Block, of tangent: Block, scratch: Block) { terms.applyCurvature(at: scores, to: tangent) }

  package func link(_ scores: Block, into out: Block) {
    if out.base != scores.base { copy(scores, into: out) }
  }
}
