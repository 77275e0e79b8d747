import Integrators
import LinearAlgebra
import Settings

/// What the targets of a loss are.
package enum TargetKind: Int32, Sendable {
  /// One integer a sample, 0 … classes − 1.
  case labels = 0
  /// One number an output and sample.
  case values = 1
}

/// The targets of one tile: labels, or outputs × samples values; and what each sample counts.
package struct TileTargets {
  package var labels: UnsafeMutablePointer<Int32>
  package var values: Block
  /// Factors of the samples' losses, float64; nil: all 1.
  package var weights: Vector?
  /// The part of each label that is spread over all classes alike, in [0, 1).
  package var smoothing: Double
  /// The number in its batch of the tile's first sample, for messages.
  package var firstSample: Int
  package init(labels: UnsafeMutablePointer<Int32>, values: Block, weights: Vector? = nil, smoothing: Double = 0, firstSample: Int = 0) {
    self.labels = labels
    self.values = values
    self.weights = weights
    self.smoothing = smoothing
    self.firstSample = firstSample
  }
}

/// A loss of a sample's scores, with the link that turns scores into what prediction reports (theory §4).
package protocol Loss: Sendable {
  var targetKind: TargetKind { get }
  /// Refuses a number of outputs that the loss makes no sense for.
  func check(outputs: Int) throws(Failure)
  /// Classes that labels may name; 0 for values.
  func classes(outputs: Int) -> Int
  /// The sum of the weighted loss over the first `count` samples of a tile; the gradient, if asked for, is `scale` times that of the sum, zero in padding columns. `correct` counts the
  /// samples whose largest score is their label's.
  func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double
  /// ∇²ℓ(scores)·tangent for each sample, in place: the loss's second derivatives with respect to its scores. They do not depend on the targets. `scratch` has one row more.
  func curvature(at scores: Block, of tangent: Block, scratch: Block)
  /// Scores as probabilities; `out` may be `scores`.
  func link(_ scores: Block, into out: Block)
  /// Whether `curvature` gives second derivatives.
  var hasCurvature: Bool { get }
  /// Why an evaluation since the last call failed, if one did: a loss of the caller's can. The sums are then of no use.
  func takeFailure() -> SampleFailure?
}

extension Loss {
  package var hasCurvature: Bool { true }
  package func takeFailure() -> SampleFailure? { nil }
}

/// The losses by name. Adding one is one file, one line here and one test file.
package let losses = Registry<any Loss>("loss", [
  ("softmax_cross_entropy", "−log softmax(scores)[label], by log-sum-exp; labels 0 … outputs−1", SoftmaxCrossEntropy()),
  ("logistic", "−log σ(±score) for one output; labels 0 or 1", Logistic()),
  ("least_squares", "½‖outputs − targets‖²; targets are values", LeastSquares()),
])
