import LinearAlgebra

/// Keeps the iterate with the best validation figure, and counts the epochs since the last improvement.
///
/// Haber & Ruthotto 2017 return the iterate with the lowest validation error. Of iterates with equal metrics, the one with the lower loss is better.
package struct BestIterate: Sendable {
  /// Whether a metric decides; if not, the loss does.
  package internal(set) var byMetric: Bool
  /// The smallest improvement that resets the count for patience.
  package internal(set) var minimumDelta: Double

  package internal(set) var loss = Double.infinity
  /// The metric, with its sign changed if smaller is better.
  package internal(set) var metric = -Double.infinity
  /// The epoch (from 1) of the best iterate; 0 if there is none yet.
  package internal(set) var epoch = 0
  /// The number of epochs since the figure last improved by more than `minimumDelta`.
  package internal(set) var epochsWithoutImprovement = 0
  var reference = Double.infinity

  package init(byMetric: Bool, minimumDelta: Double) {
    self.byMetric = byMetric
    self.minimumDelta = minimumDelta
  }

  /// Takes the figures at the end of `epoch` (from 1); true if its iterate is the best so far.
  package mutating func take(loss newLoss: Double, metric newMetric: Double, epoch newEpoch: Int) -> Bool {
    let figure = byMetric ? -newMetric : newLoss
    if figure < reference - minimumDelta {
      reference = figure
      epochsWithoutImprovement = 0
    } else {
      epochsWithoutImprovement += 1
    }
    let improves = byMetric ? (newMetric > metric || (newMetric == metric && newLoss < loss)) : newLoss < loss
    guard improves else { return false }
    (loss, metric, epoch) = (newLoss, newMetric, newEpoch)
    return true
  }
}
