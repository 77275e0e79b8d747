import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// A refined trainer keeps options, history, steps and work; it starts epochs and the best iterate anew. The network starts from the coarse network's weights.
@Test func aRefinedTrainerGoesOn() throws {
  let data = try ellipses()
  let network = try smallNetwork()
  let coarse = try trainer(network, ["epochs": .integer(3), "learning_rate": .real(0.02), "smoothness": .real(1e-3), "batch_size": .integer(50)])
  #expect(try coarse.run(training: data.training, validation: data.validation) == .ok)
  let finer = try coarse.refined(.linear)
  #expect(finer.network.plan.blocks[0].layers == 10 && finer.network.plan.blocks[0].grid.horizon == 2)
  #expect(bits(finer.network) == bits(try network.refined(.linear)))
  #expect(finer.history == coarse.history && finer.state.level == 1 && finer.state.epoch == 0)
  #expect(finer.state.step == 12 && finer.state.work == coarse.state.work)
  #expect(try finer.options.real("smoothness") == 1e-3)
  #expect(try finer.run(training: data.training, validation: data.validation) == .ok)
  #expect(finer.history.map(\.level) == [0, 0, 0, 1, 1, 1] && finer.history.map(\.epoch) == [1, 2, 3, 1, 2, 3])
  #expect(finer.history.map(\.step) == [4, 8, 12, 16, 20, 24])
  #expect(finer.history[3].isBest && finer.history[3].seconds >= finer.history[2].seconds && finer.history[3].work > finer.history[2].work)
  // The coarse trainer does not change.
  #expect(coarse.history.count == 3 && coarse.network.plan.blocks[0].layers == 5)
  #expect(failure { try finer.set("optimizer", .text("sgd")) }?.status == .state)
}

/// A refined trainer keeps the optimizer's vectors, here Adam's moments: its first step differs from that of a new trainer and is close to the coarse trainer's next step.
@Test(arguments: ["adam", "adamw", "sgd", "lbfgs", "nonlinear_cg", "gauss_newton"]) func theOptimizersStateGoesOver(_ name: String) throws {
  let data = try ellipses()
  let settings: [String: OptionValue] = ["epochs": .integer(4), "optimizer": .text(name)]
  let coarse = try trainer(try smallNetwork(precision: .float64), settings)
  if name == "sgd" { try coarse.set([("momentum", .real(0.9)), ("learning_rate", .real(0.1))]) }
  _ = try coarse.run(training: data.training)
  let finer = try coarse.refined(.linear)
  let start = bits(finer.network)
  let fresh = try trainer(try coarse.network.refined(.linear), settings)
  if name == "sgd" { try fresh.set([("momentum", .real(0.9)), ("learning_rate", .real(0.1))]) }
  _ = try finer.run(training: data.training, limits: TrainingLimits(epochs: 1))
  _ = try fresh.run(training: data.training, limits: TrainingLimits(epochs: 1))
  #expect(bits(finer.network) != start)
  #expect(bits(finer.network) != bits(fresh.network), "nothing was carried over")
  #expect(try evaluate(finer.network, on: data.training, threads: 1).loss < 1.05 * evaluate(coarse.network, on: data.training, threads: 1).loss)
}

@Test func aTrainerThatHasNotBegunRefinesItsOptions() throws {
  let finer = try trainer(try smallNetwork(), ["epochs": .integer(7)]).refined(.copy)
  #expect(try finer.options.integer("epochs") == 7 && finer.state.level == 1 && finer.history.isEmpty)
  try finer.set("optimizer", .text("sgd"))
}

/// The regularizer is an integral over time: smooth weights have about the same value on the finer grid, and linear weights have the same value except for the last half step.
@Test func smoothnessIsRescaled() throws {
  let network = try smallNetwork(precision: .float64)
  let tensor = try network.tensor("blocks.0.K")
  let line = try Numbers((0..<5).flatMap { j in (0..<16).map { Double($0) * Double(j) } })
  try network.replace(tensor, with: TensorView(line.vector.base, type: .init(.float64), rows: 5, columns: 16))
  let finer = try network.refined(.linear)
  func energy(_ network: Network) throws -> Double {
    let snapshot = network.snapshot
    let layout = try ParameterLayout(network.plan)
    return withExtendedLifetime(snapshot) { Smoothness(strength: 1).accumulate(snapshot.parameters, layout: layout, addingTo: nil) }
  }
  // ½·(N − 1)·h·slope²: the grid has N − 1 intervals between the midpoints.
  #expect(abs(try energy(finer) / energy(network) - (9.0 / 10) / (4.0 / 5)) < 1e-12)
}
