import LinearAlgebra
import Networks
import Settings
import Testing
import Training

private let multistep: [String: OptionValue] = ["field": .text("gradient_flow"), "integrator": .text("linear_multistep")]

/// Every update keeps |k| ≤ κ; without the option the same training leaves it.
@Test(arguments: [0, 0.4]) func everyUpdateKeepsTheSchemeZeroStable(_ kept: Double) throws {
  let data = try ellipses()
  let limit = kept > 0 ? kept : 0.9
  var largest: [Double] = []
  for keeps in [true, false] {
    let network = try smallNetwork(extra: multistep)
    let trainer = try trainer(network, ["epochs": .integer(10), "batch_size": .integer(200), "learning_rate": .real(1), "keep_stable": .real(keeps ? kept : 0)])
    if keeps { try trainer.set("certified", .text("zero_stable")) }
    let range = try network.tensor("blocks.0.k").range
    var found = 0.0
    _ = try trainer.run(training: data.training, onEvent: { event in
      let snapshot = network.snapshot
      withExtendedLifetime(snapshot) { found = max(found, largestMagnitude(snapshot.parameters[range])) }
      return 0
    })
    largest.append(found)
  }
  // The bound of float32 is rounded inwards, and the training without the option shows that it is reached.
  #expect(largest[0] <= limit && largest[0] > limit * (1 - 1e-6) && largest[1] > limit, "\(largest)")
}

@Test func zeroStabilityIsRefusedWithoutTheScheme() throws {
  func message(_ extra: [String: OptionValue], _ settings: [String: OptionValue]) -> String {
    failure { _ = try ZeroStabilitySet(options(settings.merging(["certified": .text("zero_stable")]) { $1 }), try smallNetwork(extra: extra).plan, threads: 1) }?.message ?? ""
  }
  #expect(message(["field": .text("gradient_flow")], [:]).contains("linear_multistep"))
  #expect(message(multistep, ["keep_stable": .real(1)]).contains("below 1"))
  #expect(message(multistep.merging(["weights_in_time": .text("b_spline"), "basis_count": .integer(4)]) { $1 }, [:]).contains("mixed"))
}
