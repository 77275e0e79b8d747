import Glibc
import LinearAlgebra
import Settings

/// Σ_o w_o (μ_o − t_o s_o + t_o log t_o − t_o) with the mean μ = eˢ: half the deviance of targets with a Poisson distribution, which are counts or rates ≥ 0.
///
/// It is 0 where μ = t. It differs from the negative log-likelihood by a number that depends on the targets alone. The gradient is μ − t, the second derivative μ. A prediction in the unit of the targets
/// is μ. The loss is infinite where eˢ is, at s > 709; in float32, gradients and predictions are at s > 88.
/// Source: McCullagh & Nelder 1989, §2.3 and §6.2.
package struct Poisson: Loss {
  private let terms: OutputTerms

  package init(weights: [Double] = []) { self.init(terms: OutputTerms(.poisson, parameters: [1], weights: weights)) }
  private init(terms: OutputTerms) { self.terms = terms }
  package init(_ options: OptionValues) throws(Failure) { self.init(weights: try OutputWeights.read(options)) }

  package var outputKind: OutputKind { .counts }
  package var targetBounds: ClosedRange<Double>? { 0...(.infinity) }
  package var targetScale: TargetScale? { .logarithmic }
  /// With s = m + cz and a target of eᵐt the loss is eᵐ times that of cz and t. Training divides this by c², so that its second derivative is 1 where z is 0.
  package func scaled(shifts: [Double], scales: [Double], in unit: LossUnit) -> any Loss {
    let factors = unit == .training ? scales.map { 1 / ($0 * $0) } : shifts.map { exp($0) }
    return Poisson(terms: OutputTerms(.poisson, parameters: scales, sharing: 1, weights: terms.weights(times: factors)))
  }
  package func classes(outputs: Int) -> Int { 0 }
  package func check(outputs: Int) throws(Failure) { try OutputWeights.check(terms.weights, outputs: outputs) }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    terms.sum(scores: scores, targets: targets.values, count: count, sampleWeights: targets.weights, scale: scale, gradient: gradient)
  }

  package func curvature(at scores: Block, of tangent: Block, scratch: Block) { terms.applyCurvature(at: scores, to: tangent) }

  /// eˢ, the mean.
  package func link(_ scores: Block, into out: Block) {
    for output in 0..<scores.rows {
      func row(_ block: Block) -> Vector { Vector(block.rows(output..<output + 1).base, count: block.columns, precision: block.precision) }
      exponential(row(scores), into: row(out))
    }
  }
}
