import LinearAlgebra
import Settings

/// Σ_o w_o (−t_o log p_o − (1 − t_o) log(1 − p_o)) with p = σ(s): each output is a label that a sample has (target 1) or has not (target 0), independently of the others.
///
/// Targets between 0 and 1 are the share of a label that is uncertain. The gradient is p − t, the second derivative p(1 − p). No score overflows: the term is max(s, 0) − ts + log(1 + e^{−|s|}).
/// Source: Bishop 2006, §4.3.2, for each label; Zhang & Zhou 2014, §2.2.1, for several labels.
package struct MultilabelLogistic: Loss {
  private let terms: OutputTerms

  package init(weights: [Double] = []) { terms = OutputTerms(.logistic, weights: weights) }
  package init(_ options: OptionValues) throws(Failure) { self.init(weights: try OutputWeights.read(options)) }

  package var outputKind: OutputKind { .labels }
  package var targetBounds: ClosedRange<Double>? { 0...1 }
  package func classes(outputs: Int) -> Int { 0 }
  package func check(outputs: Int) throws(Failure) { try OutputWeights.check(terms.weights, outputs: outputs) }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    terms.sum(scores: scores, targets: targets.values, count: count, sampleWeights: targets.weights, scale: scale, gradient: gradient)
  }

  package func curvature(at scores: Block, of tangent: Block, scratch: Block) { terms.applyCurvature(at: scores, to: tangent) }

  /// The probability of each label.
  package func link(_ scores: Block, into out: Block) { sigmoid(scores, into: out) }
}
