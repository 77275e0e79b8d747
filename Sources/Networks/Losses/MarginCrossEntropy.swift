import LinearAlgebra
import Settings

/// −log softmax(z)_label of scores with margins, z_i = s_i − s_label + e_i ε m_i: training for predictions that no change of the input of length ε alters.
///
/// m_i = Λ‖w_label − w_i‖ bounds how much faster than the input s_i − s_label can change; w are the rows of the readout and Λ is a Lipschitz constant of the map from inputs to the readout's input (`MarginRules`). A
/// sample whose scores satisfy s_label − s_i > ε m_i for all i keeps its class for all changes |δ|₂ < ε. Both losses demand this from the scores:
///
/// - `margin_cross_entropy`: e = 1, the cross-entropy of the worst scores that the bounds allow within ε (Lipschitz-margin training, Tsuzuku et al. 2018).
/// - `emma`: e_i = clip((s_label − s_i)/(ε m_i), 0.01, 1), held constant in the derivative. A sample is asked for the radius that it has already, so that hard samples are first classified and easy ones pushed on to ε (Hu et
///   al. 2023, "efficient margin maximization", arXiv:2301.12549).
///
/// The gradient includes that of the margins by the weights. That of `emma` is no derivative of its value, because e is held constant: optimizers that search along lines refuse it. Neither has second derivatives here.
package struct MarginCrossEntropy: Loss {
  static let radius = OptionDescription(
    "margin_radius", .real(0...1e150), default: .real(0.25), unit: "inputs",
    "ε of the losses emma and margin_cross_entropy: the length of changes of the input, in ℓ₂ and in the unit of the inputs, against which predictions are trained")

  private let epsilon: Double
  private let isAdaptive: Bool

  package init(radius: Double, isAdaptive: Bool) { (epsilon, self.isAdaptive) = (radius, isAdaptive) }
  package init(_ options: OptionValues, isAdaptive: Bool) throws(Failure) { self.init(radius: try options.real(Self.radius.key), isAdaptive: isAdaptive) }

  private var name: String { isAdaptive ? "emma" : "margin_cross_entropy" }
  package var marginRadius: Double? { epsilon }
  package var outputKind: OutputKind { .classes }
  package var reasonWithoutCurvature: String? { "those of loss \(name) depend on the labels" }
  package var hasExactGradient: Bool { !isAdaptive }
  package func classes(outputs: Int) -> Int { outputs }

  package func check(outputs: Int) throws(Failure) {
    guard 2...Margins.mostOutputs ~= outputs else {
      throw Failure(.incompatible, "loss \(name) needs 2 to \(Margins.mostOutputs) outputs, one per class, because it keeps a margin of each pair; outputs is \(outputs)")
    }
  }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    // Metrics, and a loss of the caller's that asks this one which samples are right, have no margins.
    guard let margins = targets.margins else {
      return softmaxCrossEntropy(
        scores: scores, labels: targets.labels, count: count, weights: targets.weights, smoothing: targets.smoothing, scale: scale, gradient: gradient, correct: &correct)
    }
    return marginCrossEntropy(
      scores: scores, labels: targets.labels, count: count, weights: targets.weights, smoothing: targets.smoothing, margins: margins, isAdaptive: isAdaptive, scale: scale,
      gradient: gradient, correct: &correct)
  }

  package func curvature(at scores: Block, of tangent: Block, scratch: Block) { preconditionFailure("a loss without second derivatives") }
  package func link(_ scores: Block, into out: Block) { softmax(scores, into: out) }
}
