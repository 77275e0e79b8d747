import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ReversibleTests {
  /// Recomputed states have rounding errors from the forward and the reverse pass; 1e-10 and 1e-4 allow for their growth over 60 layers.
  @Test(arguments: Precision.allCases, Activation.allCases.filter { $0 != .relu }) func agreesWithStoreAll(_ precision: Precision, _ activation: Activation) throws {
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", activation: activation, layers: 60, horizon: 3, precision: precision)
    let stored = try example.derivatives(StoreAll())
    let recomputed = try example.derivatives(Reversible())
    let tolerance = precision == .float64 ? 1e-10 : 1e-4
    for (name, a, b) in [("gradient", recomputed.gradient, stored.gradient), ("cotangent", recomputed.cotangent, stored.cotangent)] {
      let error = norm(zip(a.values, b.values).map { $0 - $1 }) / norm(b.values)
      #expect(error < tolerance, "\(name): \(error)")
    }
  }

  @Test func tapeDoesNotGrowWithDepth() throws {
    let rows = try [1, 10, 10_000].map { Reversible().tapeRows(try BlockCase(field: "hamiltonian", integrator: "verlet", width: 4, layers: $0).block) }
    // Two states of 8 rows for stepping, the first state, and one record of 8 rows.
    #expect(rows == [32, 32, 32])
  }

  /// The reported error of the recovered first state equals that of a plain reverse run. 1000 tanh layers are reversed with an error of 1e-12 (Theory.md §3.15).
  @Test func reportsTheReconstructionError() throws {
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", layers: 1000, horizon: 5)
    let (block, columns, log) = (example.block, 16, StepLog())
    var weights = example.weights
    weights.log = Unmanaged.passUnretained(log)
    _ = try example.derivatives(Reversible(), weights: weights)
    #expect(log.reconstructionError > 0 && log.reconstructionError < 1e-12, "\(log.reconstructionError)")

    let start = try example.state(columns)
    let states = try [start, example.propagate(start, columns: columns), example.state(columns)].map { $0.block(rows: block.stateWidth, columns: columns) }
    let scratch = try example.numbers(block.scratchWidth, columns).block(rows: block.scratchWidth, columns: columns)
    for (place, j) in (0..<1000).reversed().enumerated() {
      block.integrator.reverse(block.field, block.step(j, weights), from: states[1 + place % 2], into: states[2 - place % 2], record: nil, scratch: scratch)
    }
    #expect(log.reconstructionError == largestDifference(states[1], states[0]) / largestMagnitude(states[0]))
  }

  /// Linear layers that each magnify the state by 1e5 lose it in rounding: the reverse pass cannot recover it, and the log reports this.
  @Test func doesNotHideALostState() throws {
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", activation: .identity, layers: 6)
    scale(1e6, example.parameters.vector)
    example.prepare()
    let log = StepLog()
    var weights = example.weights
    weights.log = Unmanaged.passUnretained(log)
    _ = try example.derivatives(Reversible(), weights: weights)
    #expect(log.reconstructionError > 1, "\(log.reconstructionError)")
  }

  @Test func refusesEulerAndNamesWhatWouldDo() throws {
    let block = try BlockCase(field: "hamiltonian", integrator: "euler").block
    #expect { try Reversible().check(block) } throws: { error in
      (error as? Failure)?.status == .incompatible && "\(error)".contains("reversible") && "\(error)".contains("verlet") && !"\(error)".contains("euler")
    }
    try Reversible().check(try BlockCase(field: "hamiltonian", integrator: "verlet").block)
  }

  /// ReLU layers flatten states so that the reverse pass cannot recover them. An error says what to use instead; no gradient is returned that is wrong by orders of magnitude.
  @Test(arguments: Precision.allCases) func aLostStateIsAnError(_ precision: Precision) throws {
    for tolerance in [0, 1e-12, 1e300] {
      let example = try BlockCase(field: "hamiltonian", integrator: "verlet", activation: .relu, layers: 150, horizon: 7.5, precision: precision)
      scale(8, example.parameters.vector)
      example.prepare()
      let log = StepLog()
      var weights = example.weights
      weights.log = Unmanaged.passUnretained(log)
      _ = try example.derivatives(Reversible(tolerance: tolerance), weights: weights)
      #expect(log.reconstructionError > Reversible().allowed(precision), "\(log.reconstructionError)")
      #expect((log.first == nil) == (tolerance == 1e300))
      guard let failure = log.first?.failure else { continue }
      #expect(failure.status == .incompatible)
      for word in ["automatic", "binomial", "store_all", "reconstruction_tolerance"] { #expect(failure.message.contains(word), "\(failure.message)") }
    }
  }
}
