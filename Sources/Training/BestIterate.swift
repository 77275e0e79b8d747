import LinearAlgebra

/// Keeps the iterate with the best validation figure, and counts the epochs since the last improvement.
///
/// Haber & Ruthotto 2017 return the iterate with the lowest validation error. Ties of a metric are broken by the lower loss.
package struct BestIterate: Sendable {
  /// Whether a metric decides; else the loss.
  package internal(set) var byMetric: Bool
  /// Least change that counts against patience.
  package internal(set) var minimumDelta: Double

  package internal(set) var loss = Double.infinity
  /// The metric, signed so that larger is better.
  package internal(set) var metric = -Double.infinity
  /// The epoch (from 1) the best iterate is of; 0: none yet.
  package internal(set) var epoch = 0
  /// Epochs since the figure last improved by more than `minimumDelta`.
  package internal(set) var epochsWithoutImprovement = 0
  var reference = Double.infinity

  package init(byMetric: Bool, minimumDelta: Double) {
    self.byMetric = byMetric
    self.minimumDelta = minimumDelta
  }

  /// Takes the figures at the end of `epoch` (from 1); true when its iterate is the best so far.
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
