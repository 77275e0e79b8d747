import Datasets
import Networks
import Settings

/// Trains a network of few layers and refines it until it has many: each level begins near the solution, and most of the work is done on small networks.
///
/// Source: Haber & Ruthotto 2017, §3.4 (multi-level learning).
///
/// - Parameters:
///   - trainer: the trainer of the first level, new or already begun.
///   - layers: the layers of the deepest block at the last level: the present number times a power of two.
///   - limits: limits of all levels together; `limits.epochs` counts all their epochs.
///   - onLevel: called with the trainer of each level before it runs.
///   - onEvent: as in `Trainer.run`; events hold their level.
/// - Returns: the trainer of the level at which training ended, with the history of all levels, and how training ended: `ok`, `earlyStopping`, `converged` or `noDescent` as the last level
///   did, otherwise the reason for the early end; another call with that trainer then goes on.
/// - Throws: `outOfRange` if `layers` cannot be reached; what `Trainer.run` and `Trainer.refined` throw.
package func trainMultilevel(
  _ trainer: Trainer, to layers: Int, _ prolongation: Prolongation, training: Dataset, validation: Dataset? = nil, limits: TrainingLimits = TrainingLimits(),
  onLevel: (Trainer) -> Void = { _ in }, onEvent: @escaping (TrainingEvent) -> Int32 = { _ in 0 }
) throws(Failure) -> (trainer: Trainer, status: Status) {
  let first = trainer.network.plan.deepestLayers
  guard layers >= first, layers % first == 0, (layers / first).nonzeroBitCount == 1 else {
    throw Failure(.outOfRange, "layers is \(layers); it must be \(first), the network's present number, times a power of 2")
  }
  var (level, left) = (trainer, limits)
  while true {
    onLevel(level)
    let before = level.state.epoch
    let status = try level.run(training: training, validation: validation, limits: left, onEvent: onEvent)
    let epochs = try level.options.integer("epochs")
    let isDone = status == .earlyStopping || status == .converged || status == .noDescent || (status == .ok && level.state.epoch >= epochs)
    if limits.epochs > 0 {
      left.epochs -= level.state.epoch - before
      // The limit was reached during the level, or with its last epoch.
      guard left.epochs > 0 else { return (level, .ok) }
    }
    guard isDone, level.network.plan.deepestLayers < layers else { return (level, status) }
    do throws(Failure) {
      level = try level.refined(prolongation)
    } catch {
      // If the work ends between two levels, the finished level is the result.
      guard error.status.rawValue > 0 else { throw error }
      return (level, error.status)
    }
  }
}

extension NetworkPlan {
  /// The number of layers of the deepest block.
  var deepestLayers: Int { blocks.map(\.layers).max() ?? 1 }
}
