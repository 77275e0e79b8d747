import LinearAlgebra
import Networks
import Settings
import TestSupport
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

/// A refined trainer goes on with the optimizer's numbers, and with its vectors on the finer grid: steps are prolonged like parameters, gradients are halved, squares of gradients are quartered and not
/// extrapolated. Its first step therefore differs from that of a new trainer, unless the method carries nothing.
@Test(arguments: optimizers.names) func theOptimizersStateGoesOver(_ name: String) throws {
  let data = try ellipses()
  let settings: [String: OptionValue] = ["epochs": .integer(4), "optimizer": .text(name)]
  let coarse = try trainer(try smallNetwork(precision: .float64), settings)
  if name == "sgd" { try coarse.set([("momentum", .real(0.9)), ("learning_rate", .real(0.1))]) }
  _ = try coarse.run(training: data.training)
  let finer = try coarse.refined(.linear)
  let optimizer = try optimizers(name).init(options(settings))
  let (before, after) = (try coarse.record(), try finer.record())
  func vector(_ record: TrainerRecord, _ name: String) throws -> [Double] { try #require(record.vectors.first { $0.name == name }).values.values }
  #expect(before.vectors.map(\.name) == ["parameters", "gradient"] + optimizer.stateNames && after.vectors.map(\.name) == before.vectors.map(\.name))
  let parameters = try plainProlonged(vector(before, "parameters"), coarse.network.plan, finer.network.plan, factor: 1)
  #expect(TestSupport.largestDifference(try vector(after, "parameters"), parameters) < 8 * Precision.float64.epsilon)
  for (index, state) in optimizer.stateNames.enumerated() {
    let old = try vector(before, state)
    let expected =
      switch optimizer.kind(ofState: index) {
      case .step: plainProlonged(old, coarse.network.plan, finer.network.plan, factor: 1)
      case .gradient: plainProlonged(old, coarse.network.plan, finer.network.plan, factor: 0.5)
      case .squaredGradient: plainProlonged(old, coarse.network.plan, finer.network.plan, factor: 0.25, isConvex: true)
      }
    #expect(TestSupport.largestDifference(try vector(after, state), expected) < 8 * Precision.float64.epsilon, "\(state)")
  }
  #expect(try optimizer.stateNames.isEmpty || optimizer.stateNames.contains { try vector(before, $0).contains { $0 != 0 } }, "the vectors must have been used")
  func scalars(_ record: TrainerRecord) throws -> [Double] { Array(try #require(record.tables.first { $0.name == "scalars" }?.table.rows.first).prefix(optimizer.scalarNames.count)) }
  #expect(try scalars(after) == scalars(before))

  let start = bits(finer.network)
  let fresh = try trainer(try coarse.network.refined(.linear), settings)
  if name == "sgd" { try fresh.set([("momentum", .real(0.9)), ("learning_rate", .real(0.1))]) }
  _ = try finer.run(training: data.training, limits: TrainingLimits(epochs: 1))
  _ = try fresh.run(training: data.training, limits: TrainingLimits(epochs: 1))
  #expect(bits(finer.network) != start)
  // A method without numbers of its own begins anew. The only number that varpro carries is a radius, which restricts no step here.
  let beginsAnew = optimizer.stateNames.isEmpty && optimizer.scalarNames.isEmpty || name == "varpro"
  #expect((bits(finer.network) == bits(fresh.network)) == beginsAnew)
}

/// Linear prolongation in plain arithmetic for equal steps: entry j becomes ¾v_j + ¼v_{j−1} and ¾v_j + ¼v_{j+1}, where entries beyond the ends are extrapolated, or repeated if `isConvex`.
/// Tensors with one entry per layer are multiplied by `factor`.
private func plainProlonged(_ values: [Double], _ coarse: NetworkPlan, _ fine: NetworkPlan, factor: Double, isConvex: Bool = false) -> [Double] {
  zip(coarse.tensors, fine.tensors).flatMap { old, new -> [Double] in
    guard old.shape[0] != new.shape[0] else { return Array(values[old.range]) }
    let (layers, size) = (old.shape[0], old.range.count / old.shape[0])
    func entry(_ j: Int, _ i: Int) -> Double {
      func own(_ j: Int) -> Double { values[old.range.lowerBound + j * size + i] }
      if j < 0 { return isConvex ? own(0) : 2 * own(0) - own(1) }
      if j == layers { return isConvex ? own(j - 1) : 2 * own(j - 1) - own(j - 2) }
      return own(j)
    }
    return (0..<2 * layers).flatMap { layer in
      (0..<size).map { i in factor * (0.75 * entry(layer / 2, i) + 0.25 * entry(layer / 2 + (layer % 2 == 0 ? -1 : 1), i)) }
    }
  }
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
