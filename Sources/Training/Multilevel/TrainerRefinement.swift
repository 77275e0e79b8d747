import LinearAlgebra
import Networks
import Settings

extension Trainer {
  /// A trainer of the refined network that goes on from the state of this one: it takes over options, loss, class weights, history and the optimizer's state.
  ///
  /// The network and the trainer begin with the prolonged parameters of the coarse network (with validation data, the best so far). Epochs count from 0 again, so that schedules and `epochs`
  /// apply to each level; steps, work and time go on. Smoothness of the weights in time needs no rescaling, because it is an integral. This trainer stays as it is.
  /// Source: Haber & Ruthotto 2017, §3.4.
  ///
  /// - Throws: what `Refinement.init` and `Network.refined` throw; `invalidArgument` if the options contradict each other; `memory`.
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
