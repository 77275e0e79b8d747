import LinearAlgebra

/// Keeps the iterate with the best validation figure, and counts the epochs since the last improvement.
///
/// Haber & Ruthotto 2017 return the iterate with the lowest validation error. Accuracy ties are broken by the lower loss.
package struct BestIterate: Sendable {
  /// Which figure decides.
  package let byAccuracy: Bool
  /// Least change that counts against patience.
  package let minimumDelta: Double

  package private(set) var loss = Double.infinity
  package private(set) var accuracy = -Double.infinity
  /// The epoch (from 1) the best iterate is of; 0: none yet.
  package private(set) var epoch = 0
  /// Epochs since the figure last improved by more than `minimumDelta`.
  package private(set) var epochsWithoutImprovement = 0
  private var reference = Double.infinity

  package init(byAccuracy: Bool, minimumDelta: Double) {
    self.byAccuracy = byAccuracy
    self.minimumDelta = minimumDelta
  }

  /// Takes the figures at the end of `epoch` (from 1); true when its iterate is the best so far.
  package mutating func take(loss newLoss: Double, accuracy newAccuracy: Double, epoch newEpoch: Int) -> Bool {
    let figure = byAccuracy ? -newAccuracy : newLoss
    if figure < reference - minimumDelta {
      reference = figure
      epochsWithoutImprovement = 0
    } else {
      epochsWithoutImprovement += 1
    }
    let improves = byAccuracy ? (newAccuracy > accuracy || (newAccuracy == accuracy && newLoss < loss)) : newLoss < loss
    guard improves else { return false }
    (loss, accuracy, epoch) = (newLoss, newAccuracy, newEpoch)
    return true
  }
}
