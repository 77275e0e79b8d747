import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// Every constraint is off by default, and its options are options of the trainer.
@Test(arguments: constraints.names) func constraintsAreAskedFor(_ name: String) throws {
  let type = try constraints(name)
  #expect(try type.init(options([:]), smallNetwork().plan, threads: 1) == nil)
  for option in type.options { #expect(trainerOptions.contains { $0.key == option.key }) }
}

/// Points in the set keep their bits, and a second projection changes nothing.
@Test(arguments: Precision.allCases) func projectionsAreIdempotent(_ precision: Precision) throws {
  let plan = try smallNetwork(precision: precision, extra: ["field": .text("hamiltonian"), "integrator": .text("verlet")]).plan
  for settings in [["keep_stable": OptionValue.real(0.5)], ["parameter_min": .real(-0.1), "parameter_max": .real(0.2)]] {
    let pool = try WorkerPool(threads: 2)
    let set = try #require(try constraints.entries.lazy.compactMap { try $0.entry.init(options(settings), plan, threads: 2) }.first)
    let parameters = try Numbers(normal: plan.parameterCount, seed: 3, precision)
    for index in 0..<plan.parameterCount { parameters.vector.store(8 * parameters.vector.load(index), at: index) }
    #expect(set.project(parameters.vector, pool))
    let once = parameters.values
    #expect(!set.project(parameters.vector, pool) && parameters.values == once)
  }
}
