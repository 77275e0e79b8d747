import LinearAlgebra
import Networks
import Settings

extension Trainer {
  /// A trainer of the refined network that goes on where this one stands: its options, loss and weights, history and the optimizer's state carried over.
  ///
  /// The network begins with the prolonged parameters that the coarse one holds (the best so far, with validation data), and so does the trainer. Epochs count anew, so that schedules and `epochs` are of the
  /// level; steps, work and time go on. Regularizers of the weights' course in time are rescaled by themselves: they are integrals. This trainer stays as it is.
  /// Source: Haber & Ruthotto 2017, §3.4.
  ///
  /// - Throws: what `Refinement.init` and `Network.refined` throw; `invalidArgument` when the options contradict each other; `memory`.
  package func refined(_ prolongation: Prolongation) throws(Failure) -> Trainer {
    let refinement = try Refinement(network.plan, prolongation)
    let finer = Trainer(try network.refined(refinement), like: self)
    finer.history = history
    finer.state.level = state.level + 1
    finer.state.step = state.step
    finer.state.work = state.work
    finer.state.milliseconds = state.milliseconds
    finer.state.learningRate = state.learningRate
    guard let memory else { return finer }
    let optimizer = try TrainerOptions(options).optimizer
    let snapshot = finer.network.snapshot
    let fine = try withExtendedLifetime(snapshot) { () throws(Failure) in try TrainerMemory(from: snapshot.parameters, optimizer: optimizer) }
    for (index, vector) in memory.iterate.state.enumerated() { try refinement.carry(vector, optimizer.kind(ofState: index), into: fine.iterate.state[index]) }
    fine.iterate.scalars = memory.iterate.scalars
    finer.memory = fine
    finer.best = BestIterate(byMetric: best.byMetric, minimumDelta: best.minimumDelta)
    return finer
  }
}
