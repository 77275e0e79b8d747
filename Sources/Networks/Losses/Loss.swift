import Integrators
import LinearAlgebra
import Settings

/// The kind of targets that a loss takes.
package enum TargetKind: Int32, Sendable {
  /// One integer per sample, 0 … classes − 1.
  case labels = 0
  /// One number per output and sample.
  case values = 1
}

/// What a network's outputs say about a sample, which decides how they are predicted and which metrics apply.
package enum OutputKind: CaseIterable, Sendable {
  /// One of several classes.
  case classes
  /// For each output whether the sample has a label.
  case labels
  /// Values: the scores themselves.
  case values
  /// The means of counts or rates ≥ 0, of which the scores are the logarithms.
  case counts
}

/// How the targets of a loss may be scaled, and how a scale is found in the targets of training.
package enum TargetScale: Sendable {
  /// Target and score alike are shift + scale·z, by the targets' mean and standard deviation.
  case standard
  /// Target and score alike are shift + scale·z, by the targets' median and quartiles, which outliers do not move: losses that count them little should not see the others as equal for their sake.
  case robust
  /// The score is the logarithm of a mean: shift + scale·z, by the logarithm of the targets' mean and their relative deviation. Targets are divided by exp(shift).
  case logarithmic
}

/// In whose units a loss of scaled scores and targets is measured.
package enum LossUnit: Sendable {
  /// In scaled units, in which all outputs count alike whatever their units are: what training minimizes.
  case training
  /// In the caller's units: what evaluation and derivatives give.
  case caller
}

/// The targets of one tile: labels, or targets × samples values; and the weights of the samples. For outputs at every step of a sequence, those of step i begin at column i·columns and row i·targets.
package struct TileTargets {
  package var labels: UnsafeMutablePointer<Int32>
  package var values: Block
  /// Weights that multiply the samples' losses, float64; nil: all are 1.
  package var weights: Vector?
  /// The part of each label that is spread over all classes alike, in [0, 1).
  package var smoothing: Double
  /// The number of the tile's first sample within the batch, for messages.
  package var firstSample: Int
  /// The margins of scores, for a loss that reads them.
  package var margins: Margins?
  package init(labels: UnsafeMutablePointer<Int32>, values: Block, weights: Vector? = nil, smoothing: Double = 0, firstSample: Int = 0) {
    self.labels = labels
    self.values = values
    self.weights = weights
    self.smoothing = smoothing
    self.firstSample = firstSample
  }
}

/// A loss of a sample's scores, with the link that turns scores into the probabilities or values that a prediction reports (Theory.md §5.1).
package protocol Loss: Sendable {
  var outputKind: OutputKind { get }
  /// The number of target values of one sample, for targets of values.
  func targets(outputs: Int) -> Int
  /// The target values that the loss is defined for; nil: all.
  var targetBounds: ClosedRange<Double>? { get }
  /// How targets may be scaled, and the scores with them; nil: not at all.
  var targetScale: TargetScale? { get }
  /// Refuses a number of outputs that the loss is not defined for.
  func check(outputs: Int) throws(Failure)
  /// The number of classes that labels may name; 0 for values.
  func classes(outputs: Int) -> Int
  /// Gives the sum of the weighted loss over the first `count` samples of a tile. A gradient, if wanted, is `scale` times the gradient of this sum, and zero in padding columns.
  /// `correct` is increased by the number of samples whose largest score is that of their label.
  func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double
  /// Replaces each sample's tangent by ∇²ℓ(scores)·tangent, the product with the loss's second derivatives with respect to the scores, or with an upper bound of them. They do not depend on the targets.
  /// `scratch` has one row more than the scores.
  func curvature(at scores: Block, of tangent: Block, scratch: Block)
  /// Writes the scores as predictions: probabilities, or values in the unit of the targets. `out` may be `scores`.
  func link(_ scores: Block, into out: Block)
  /// Why `curvature` gives no second derivatives, which messages say of them: "those of loss quantile are 0"; nil if it gives them.
  var reasonWithoutCurvature: String? { get }
  /// Whether the gradient is that of the loss. It is not where a part of the loss is held constant in it, so that searches along a line are misled.
  var hasExactGradient: Bool { get }
  /// Whether targets and weights are those of the steps of a sequence, of which each counts by itself in the mean (`SteppedLoss`).
  var countsSteps: Bool { get }
  /// The radius, in units of the inputs, for which the loss reads margins (`TileTargets.margins`); nil for a loss of the scores alone.
  var marginRadius: Double? { get }
  /// The same loss as a function of scores and targets that are both scaled, for losses with a `targetScale`.
  /// - Parameters:
  ///   - shifts, scales: of each output's score, m and c > 0.
  ///   - unit: in whose units the loss is measured.
  func scaled(shifts: [Double], scales: [Double], in unit: LossUnit) -> any Loss
  /// The failure of an evaluation since the last call of this function, if one failed, as a loss of the caller's can. The sums are then invalid.
  func takeFailure() -> SampleFailure?
}

extension Loss {
  package var targetKind: TargetKind { outputKind == .classes ? .labels : .values }
  package func targets(outputs: Int) -> Int { outputs }
  package var targetBounds: ClosedRange<Double>? { nil }
  package var targetScale: TargetScale? { nil }
  package func scaled(shifts: [Double], scales: [Double], in unit: LossUnit) -> any Loss { self }
  package var reasonWithoutCurvature: String? { nil }
  package var hasExactGradient: Bool { true }
  package var countsSteps: Bool { false }
  package var marginRadius: Double? { nil }
  package func takeFailure() -> SampleFailure? { nil }
}

/// The losses by name, made from the options of the network. Adding one is one file, one line here and one test file.
package let losses = Registry<Factory<OptionValues, any Loss>>("loss", [
  ("softmax_cross_entropy", "−log softmax(scores)[label], by log-sum-exp; labels 0 … outputs−1", Factory { (_) throws(Failure) in SoftmaxCrossEntropy() }),
  ("margin_cross_entropy", "cross-entropy with a margin added to the wrong scores: what they can gain within margin_radius of the input", Factory(options: [MarginCrossEntropy.radius]) { (o) throws(Failure) in try MarginCrossEntropy(o, isAdaptive: false) }),
  ("emma", "the same with a margin of each sample that is no larger than its scores can bear", Factory(options: [MarginCrossEntropy.radius]) { (o) throws(Failure) in try MarginCrossEntropy(o, isAdaptive: true) }),
  ("logistic", "−log σ(±score) for one output; labels 0 or 1", Factory { (_) throws(Failure) in Logistic() }),
  ("multilabel_logistic", "Σ −t log σ(score) − (1−t) log(1−σ(score)); targets are 0 or 1 for each output, or between", Factory(options: [OutputWeights.option]) { (o) throws(Failure) in try MultilabelLogistic(o) }),
  ("least_squares", "½‖outputs − targets‖²; targets are values", Factory(options: [OutputWeights.option]) { (o) throws(Failure) in try LeastSquares(o) }),
  ("huber", "½r² of each residual up to |r| = δ, linear beyond; targets are values", Factory(options: [Huber.delta, OutputWeights.option]) { (o) throws(Failure) in try Huber(o) }),
  ("quantile", "q(t−s) below the target, (1−q)(s−t) above: quantiles of the targets, which are values", Factory(options: [Quantile.levels, OutputWeights.option]) { (o) throws(Failure) in try Quantile(o) }),
  ("poisson", "half the Poisson deviance of the mean exp(score); targets are counts or rates >= 0", Factory(options: [OutputWeights.option]) { (o) throws(Failure) in try Poisson(o) }),
])

/// Refuses options that are set but belong to another loss.
func checkLossOptions(_ network: OptionValues) throws(Failure) {
  let (chosen, taken) = (try network.text("loss"), try takenLossOptions(network))
  for option in losses.options where network.isSet(option.key) && !taken.contains(option.key) {
    throw Failure(.incompatible, "loss \(chosen) has no option \(option.key); it belongs to \(enumeration(OptionChooser("loss", plural: "losses", losses).takers(of: option.key)))")
  }
}

/// The options that the network's loss takes.
func takenLossOptions(_ network: OptionValues) throws(Failure) -> [String] { try losses(try network.text("loss")).options.map(\.key) }

/// The options of losses that a written specification leaves out: those that another loss takes, and empty lists, which say no more than their absence.
func impliedLossOptions(_ network: OptionValues) throws(Failure) -> [String] {
  let taken = try takenLossOptions(network)
  var implied: [String] = []
  for option in losses.options where !network.isSet(option.key) {
    let value = try network.value(option.key)
    if !taken.contains(option.key) || value == .text("") { implied.append(option.key) }
  }
  return implied
}
