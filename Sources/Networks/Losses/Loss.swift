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

/// The targets of one tile: labels, or outputs × samples values; and the weights of the samples.
package struct TileTargets {
  package var labels: UnsafeMutablePointer<Int32>
  package var values: Block
  /// Weights that multiply the samples' losses, float64; nil: all are 1.
  package var weights: Vector?
  /// The part of each label that is spread over all classes alike, in [0, 1).
  package var smoothing: Double
  /// The number of the tile's first sample within the batch, for messages.
  package var firstSample: Int
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
  var targetKind: TargetKind { get }
  /// Refuses a number of outputs that the loss is not defined for.
  func check(outputs: Int) throws(Failure)
  /// The number of classes that labels may name; 0 for values.
  func classes(outputs: Int) -> Int
  /// Gives the sum of the weighted loss over the first `count` samples of a tile. A gradient, if wanted, is `scale` times the gradient of this sum, and zero in padding columns.
  /// `correct` is increased by the number of samples whose largest score is that of their label.
  func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double
  /// Replaces each sample's tangent by ∇²ℓ(scores)·tangent, the product with the loss's second derivatives with respect to the scores. They do not depend on the targets. `scratch` has one row
  /// more than the scores.
  func curvature(at scores: Block, of tangent: Block, scratch: Block)
  /// Writes the scores as probabilities; `out` may be `scores`.
  func link(_ scores: Block, into out: Block)
  /// Whether `curvature` gives second derivatives.
  var hasCurvature: Bool { get }
  /// Whether training may scale the targets, and the outputs with them (`TargetScaling`).
  var scalesTargets: Bool { get }
  /// The failure of an evaluation since the last call of this function, if one failed, as a loss of the caller's can. The sums are then invalid.
  func takeFailure() -> SampleFailure?
}

extension Loss {
  package var hasCurvature: Bool { true }
  package var scalesTargets: Bool { false }
  package func takeFailure() -> SampleFailure? { nil }
}

/// The losses by name. Adding one is one file, one line here and one test file.
package let losses = Registry<any Loss>("loss", [
  ("softmax_cross_entropy", "−log softmax(scores)[label], by log-sum-exp; labels 0 … outputs−1", SoftmaxCrossEntropy()),
  ("logistic", "−log σ(±score) for one output; labels 0 or 1", Logistic()),
  ("least_squares", "½‖outputs − targets‖²; targets are values", LeastSquares()),
])
