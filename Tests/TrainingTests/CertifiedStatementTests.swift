import LinearAlgebra
import Networks
import Settings
import Testing
import Training

private func project(_ statement: String, _ extra: [String: OptionValue], kept: Double = 0) throws -> (isChanged: Bool, before: [Double], after: [Double]) {
  let network = try smallNetwork(precision: .float64, extra: extra.merging(["initial_scale": .real(20)]) { $1 })
  let numbers = try Numbers(network.snapshot.parameters.values)
  let before = numbers.values
  guard let set = try StabilitySet(options(["certified": .text(statement), "keep_stable": .real(kept)]), network.plan, threads: 1) else { return (false, before, before) }
  let isChanged = set.project(numbers.vector, try WorkerPool(threads: 1))
  return (isChanged, before, numbers.values)
}

/// stable_steps is keep_stable 1; non_expansive is the same limit where both are known.
@Test(arguments: ["stable_steps", "non_expansive"]) func statementsScaleToTheirLimit(_ statement: String) throws {
  for (field, integrator, gamma) in [("gradient_flow", "euler", 0.0), ("gradient_flow", "rk4", 0), ("rotate_relax", "cayley", 0), ("antisymmetric_damped", "euler", 0.5)] {
    var extra: [String: OptionValue] = ["field": .text(field), "integrator": .text(integrator)]
    if gamma > 0 { extra["gamma"] = .real(gamma) }
    let (found, plain) = (try project(statement, extra), try project("none", extra, kept: 1))
    #expect(found.isChanged && found.after == plain.after, "\(field) \(integrator)")
    #expect(try project(statement, extra, kept: 0.5).after == project("none", extra, kept: 0.5).after)
  }
}

/// Fields whose steps are non-expansive for every K are left as they are.
@Test(arguments: ["row_sums", "tight"]) func whatHoldsForAllWeightsIsNotChanged(_ steps: String) throws {
  let found = try project("non_expansive", ["field": .text("gradient_flow"), "steps": .text(steps)])
  #expect(!found.isChanged && found.after == found.before)
}

/// Stability with frozen slopes is no non-expansiveness.
@Test func whatIsNotKnownIsRefused() throws {
  for (field, integrator, word) in [
    ("antisymmetric", "rk4", "gradient_flow"), ("hamiltonian", "verlet", "no non-expansive step"), ("gradient_flow", "leapfrog", "no non-expansive step"), ("negative_definite", "euler", "descent"),
    ("gradient_flow", "backward_euler", "no non-expansive step"),
  ] {
    let refused = failure { _ = try project("non_expansive", ["field": .text(field), "integrator": .text(integrator)]) }
    #expect(refused?.status == .incompatible && refused?.message.contains(word) == true && refused?.message.contains("certified is non_expansive") == true, "\(field): \(refused?.message ?? "")")
  }
  #expect(try project("zero_stable", ["field": .text("dense")], kept: 0.5).isChanged == false)
}

/// emma's gradient holds shares constant: optimizers with line searches refuse it.
@Test func emmaNeedsAFirstOrderMethod() throws {
  let data = try ellipses()
  let network = try smallNetwork(extra: ["field": .text("gradient_flow"), "steps": .text("tight"), "loss": .text("emma")])
  let refused = failure { _ = try trainer(network, ["optimizer": .text("lbfgs")]).run(training: data.training) }
  #expect(refused?.status == .incompatible && refused?.message.contains("emma") == true)
  #expect(failure { _ = try trainer(network, ["optimizer": .text("adam"), "epochs": .integer(2)]).run(training: data.training) } == nil)
}

/// A loss with margins counts every block with the constant 1, which training must keep where the weights decide it.
@Test(arguments: ["emma", "margin_cross_entropy"]) func marginsNeedCertifiedBlocks(_ loss: String) throws {
  let data = try ellipses()
  func refused(_ extra: [String: OptionValue], _ settings: [String: OptionValue] = [:]) throws -> Failure? {
    let network = try smallNetwork(extra: ["field": .text("gradient_flow"), "loss": .text(loss)].merging(extra) { $1 })
    return failure { _ = try trainer(network, ["epochs": .integer(1)].merging(settings) { $1 }).run(training: data.training) }
  }
  let found = try refused([:])
  #expect(found?.status == .incompatible && found?.message.contains("the steps of blocks.0 expand") == true && found?.message.contains("certified to non_expansive") == true, "\(found?.message ?? "")")
  #expect(try refused([:], ["certified": .text("stable_steps")])?.status == .incompatible)
  #expect(try refused([:], ["certified": .text("non_expansive")]) == nil)
  for steps in ["tight", "row_sums"] { #expect(try refused(["steps": .text(steps)]) == nil) }
}
