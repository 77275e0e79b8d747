import Gradients
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct MemoryPolicyTests {
  @Test func reversibleRefusesEulerAndNamesWhatWouldDo() throws {
    let block = try ODEBlock(
      field: fields("dense").make(FieldConfiguration(width: 2)), integrator: integrators.standard("euler"), layers: 3, horizon: 1, offset: 0, precision: .float32)
    #expect { try memoryPolicies.standard("reversible").check(block) } throws: { error in
      (error as? Failure)?.status == .incompatible && "\(error)".contains("verlet")
    }
  }

  /// Policies with other options than the registry's defaults, which store different states.
  private static func policies() throws -> [any MemoryPolicy] {
    try memoryPolicies.names.filter { $0 != "reversible" }.map { try memoryPolicies.standard($0) } + [StoreEvery(1), StoreEvery(3), Binomial(checkpoints: 1), Binomial(checkpoints: 2)]
  }

  /// Every policy except Reversible gives the bits of StoreAll, for every pair of field and integrator, in both precisions, for one sample and for tiles.
  @Test(arguments: BlockCase.pairs.map { "\($0.field) \($0.integrator)" }, Precision.allCases) func policiesHaveTheBitsOfStoreAll(_ pair: String, _ precision: Precision) throws {
    let names = pair.split(separator: " ").map(String.init)
    for layers in [1, 2, 7] {
      let example = try BlockCase(field: names[0], integrator: names[1], layers: layers, precision: precision)
      for columns in [1, 16] {
        let stored = try example.derivatives(StoreAll(), columns: columns)
        for policy in try Self.policies() {
          let found = try example.derivatives(policy, columns: columns)
          #expect(found.final.bits == stored.final.bits && found.cotangent.bits == stored.cotangent.bits && found.gradient.bits == stored.gradient.bits, "\(policy), \(layers) layers")
        }
      }
    }
  }

  /// If adaptive layers make more steps than their records have slots, every policy still gives the bits of StoreAll. Recovering the steps takes at most two evaluations of the field for each one of the solve.
  @Test(arguments: [1, 4], [1, 16]) func longAdaptiveSolvesHaveTheBitsOfStoreAll(_ layers: Int, _ columns: Int) throws {
    var control = AdaptiveControl()
    (control.relativeTolerance, control.absoluteTolerance, control.maximumSteps, control.recordedSteps) = (1e-10, 1e-10, 600, 1)
    let example = try BlockCase(field: "antisymmetric", integrator: "dopri5", scheme: AdaptiveRungeKutta(.dopri5, control), layers: layers, horizon: 8 * Double(layers))
    let log = StepLog()
    var weights = example.weights
    weights.log = Unmanaged.passUnretained(log)
    try withExtendedLifetime(log) {
      let stored = try example.derivatives(StoreAll(), columns: columns, weights: weights)
      let (solve, steps) = (log.evaluations, log.accepted)
      #expect(log.first == nil && steps > 3 * layers * columns * SegmentSchedule(steps: 600).slots / 2, "\(steps) steps, \(SegmentSchedule(steps: 600).slots) slots")
      for policy in try Self.policies() {
        log.clear()
        let found = try example.derivatives(policy, columns: columns, weights: weights)
        #expect(found.final.bits == stored.final.bits && found.cotangent.bits == stored.cotangent.bits && found.gradient.bits == stored.gradient.bits, "\(policy)")
        #expect(log.recomputed > solve && log.recomputed <= 2 * solve, "\(policy): \(Double(log.recomputed) / Double(solve))")
        #expect(layers > 1 || log.evaluations == solve, "a block of one layer has nothing to run again")
      }
    }
  }

  /// The same with noise in the layers and with schemes that draw random numbers: recomputed layers draw the same numbers as at first.
  @Test(arguments: Precision.allCases) func policiesHaveTheBitsOfStoreAllWithNoise(_ precision: Precision) throws {
    let draws = Draws(seed: 6, step: 2).tile(block: 0, firstSample: 40)
    let grid = try TimeGrid(stepSizes: [0.1, 0.3, 0.2, 0.2, 0.1, 0.05, 0.4])
    let cases: [(field: String, integrator: String, noise: (any LayerNoise)?)] = [
      ("antisymmetric", "euler", StochasticDepth(survival: 0.5, depth: BlockDepth(layers: 7))), ("dense", "linear_multistep", StochasticDepth(survival: 0.4, depth: BlockDepth(layers: 7))),
      ("hamiltonian", "verlet", Dropout(rate: 0.3)), ("dense", "rk4", AdditiveNoise(.gaussian, scale: 0.2, grid: grid)), ("dense", "shake_shake", nil),
      ("dense", "euler_maruyama", nil),
    ]
    for (field, integrator, noise) in cases {
      let example = try BlockCase(field: field, integrator: integrator, grid: grid, noise: noise, precision: precision)
      let weights = example.weights(draws)
      for columns in [1, 16] {
        let stored = try example.derivatives(StoreAll(), columns: columns, weights: weights)
        // The random numbers have an effect.
        #expect(stored.final.bits != (try example.derivatives(StoreAll(), columns: columns)).final.bits)
        for policy in try Self.policies() {
          let found = try example.derivatives(policy, columns: columns, weights: weights)
          #expect(found.final.bits == stored.final.bits && found.cotangent.bits == stored.cotangent.bits && found.gradient.bits == stored.gradient.bits, "\(policy), \(integrator)")
        }
      }
    }
  }

  /// Reversible schemes stay reversible with noise: states and gradient are recovered up to rounding.
  @Test func reversibleTrainingTakesNoise() throws {
    let draws = Draws(seed: 6, step: 2).tile(block: 0, firstSample: 0)
    for noise in [StochasticDepth(survival: 0.5, depth: BlockDepth(layers: 7)), Dropout(rate: 0.3), AdditiveNoise(.uniform, scale: 0.2, grid: TimeGrid(layers: 7, horizon: 1.5))] as [any LayerNoise] {
      for (field, integrator) in [("hamiltonian", "verlet"), ("second_order", "leapfrog"), ("dense", "revnet")] {
        let example = try BlockCase(field: field, integrator: integrator, layers: 7, noise: noise)
        let weights = example.weights(draws)
        let (stored, found) = (try example.derivatives(StoreAll(), weights: weights), try example.derivatives(Reversible(), weights: weights))
        #expect(norm(zip(stored.gradient.values, found.gradient.values).map { $0 - $1 }) < 1e-12 * norm(stored.gradient.values), "\(integrator)")
      }
    }
  }

  /// The same with weights that layers share or that mix coefficients, on a grid of unequal steps.
  @Test(arguments: timeBases.names) func policiesHaveTheBitsOfStoreAllInEveryBasis(_ name: String) throws {
    let basis = try timeBases(name).make(OptionValues(scope: "block", timeBases.options))
    let grid = try TimeGrid(stepSizes: [0.1, 0.3, 0.2, 0.2, 0.1, 0.05, 0.4])
    for (field, integrator) in [("antisymmetric", "euler"), ("hamiltonian", "verlet")] {
      let example = try BlockCase(field: field, integrator: integrator, grid: grid, basis: basis)
      let stored = try example.derivatives(StoreAll())
      for policy in try Self.policies() {
        let found = try example.derivatives(policy)
        #expect(found.cotangent.bits == stored.cotangent.bits && found.gradient.bits == stored.gradient.bits, "\(policy)")
      }
    }
  }

  /// Without a gradient the adjoint computes the same cotangent.
  @Test(arguments: memoryPolicies.names) func gradientIsOptional(_ name: String) throws {
    let policy = try memoryPolicies.standard(name)
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", layers: 5)
    let (rows, columns) = (policy.tapeRows(example.block), 16)
    let tape = try example.numbers(rows, columns).block(rows: rows, columns: columns)
    let width = example.stateWidth
    copy(try example.state(columns).block(rows: width, columns: columns), into: policy.initialState(example.block, tape: tape))
    let scratch = try example.numbers(example.block.scratchWidth, columns).block(rows: example.block.scratchWidth, columns: columns)
    _ = policy.forward(example.block, example.weights, tape: tape, scratch: scratch)
    let cotangent = try example.state(columns, seed: 14)
    policy.adjoint(
      example.block, example.weights, tape: tape, cotangent: cotangent.block(rows: width, columns: columns), gradient: nil, scratch: scratch)
    #expect(cotangent.bits == (try example.derivatives(policy, columns: columns)).cotangent.bits)
  }
}
