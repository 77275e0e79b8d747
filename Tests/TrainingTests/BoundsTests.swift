import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// Weights stay within the bounds after every step of every kind of optimizer; biases are not bounded.
@Test(arguments: ["adam", "lbfgs"]) func trainingKeepsTheBounds(_ optimizer: String) throws {
  let data = try ellipses()
  let network = try smallNetwork(extra: ["initial_scale": .real(5)])
  let trainer = try trainer(
    network, ["epochs": .integer(8), "optimizer": .text(optimizer), "parameter_min": .real(-0.25), "parameter_max": .real(0.5), "batch_size": .integer(200)])
  if optimizer == "adam" { try trainer.set("learning_rate", .real(0.1)) }
  var worst = 0.0
  _ = try trainer.run(
    training: data.training,
    onEvent: { event in
      // Between the ends of epochs the network still has its former parameters.
      guard event.kind == .epoch else { return 0 }
      let snapshot = network.snapshot
      withExtendedLifetime(snapshot) {
        for tensor in network.plan.tensors where tensor.role == .weight { for value in snapshot.parameters[tensor.range].values { worst = max(worst, value - 0.5, -0.25 - value) } }
      }
      return 0
    })
  #expect(worst == 0 && trainer.history.count == 8)
  // The constraint is active: some weights lie on the bounds.
  let weights = network.snapshot.parameters[0..<80].values
  #expect(weights.contains(-0.25) && weights.contains(0.5))
}

@Test func boundsInTheWrongOrderAreRefused() throws {
  let trainer = try trainer(try smallNetwork(), ["parameter_min": .real(1), "parameter_max": .real(-1)])
  let data = try ellipses()
  let found = failure { _ = try trainer.run(training: data.training) }
  #expect(found?.status == .outOfRange && found?.message.contains("parameter_max") == true)
  // With only one bound the other side is unbounded.
  #expect(try Bounds(options(["parameter_min": .real(0)]), smallNetwork().plan, threads: 1) != nil)
}
