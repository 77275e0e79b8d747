import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// Training with noise in the layers: the masks come from the counter-based random stream, so runs are reproducible bit for bit for any number of threads.
@Suite struct NoisyTrainingTests {
  private static let kinds: [[String: OptionValue]] = [
    ["noise": .text("stochastic_depth")], ["noise": .text("dropout")], ["noise": .text("gaussian")], ["integrator": .text("shake_shake")],
    ["integrator": .text("linear_multistep"), "noise": .text("stochastic_depth")], ["integrator": .text("euler_maruyama"), "memory": .text("store_every")],
  ]
  private static let settings: [String: OptionValue] = ["epochs": .integer(3), "batch_size": .integer(150), "seed": .integer(6)]

  private func trained(_ extra: [String: OptionValue], _ changes: [String: OptionValue] = [:], epochsAtOnce: Int = 0) throws -> (bits: [UInt64], losses: [Double]) {
    let data = try ellipses(300, 60)
    let network = try smallNetwork(extra: extra)
    let trainer = try trainer(network, Self.settings.merging(changes) { $1 })
    while trainer.state.epoch < 3 {
      _ = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: epochsAtOnce))
    }
    return (bits(network), trainer.history.map(\.validationLoss))
  }

  /// Two threads, and runs that stop after each epoch, give the bits of one run on one thread. Another seed gives other bits, even without shuffling, because of the noise.
  @Test(arguments: kinds) func runsRepeatBitForBit(_ extra: [String: OptionValue]) throws {
    let one = try trained(extra, ["num_threads": .integer(1)])
    let two = try trained(extra, ["num_threads": .integer(2)], epochsAtOnce: 1)
    #expect(one.bits == two.bits && one.losses == two.losses)
    let ordered: [String: OptionValue] = ["shuffle": .integer(0)]
    #expect(try trained(extra, ordered).bits != trained(extra, ordered.merging(["seed": .integer(7)]) { $1 }).bits)
  }

  /// If one batch contains all samples, noise changes the objective from step to step. So no value of the last iterate is reused, but within a step line searches see one objective.
  @Test(arguments: ["lbfgs", "gauss_newton"]) func wholeBatchesDrawAnewInEveryStep(_ optimizer: String) throws {
    let changes: [String: OptionValue] = ["optimizer": .text(optimizer), "batch_size": .integer(300)]
    let noisy = try trained(["noise": .text("stochastic_depth"), "survival": .real(0.8)], changes)
    #expect(noisy.losses.allSatisfy(\.isFinite) && noisy.losses.count == 3)
    #expect(noisy.bits == (try trained(["noise": .text("stochastic_depth"), "survival": .real(0.8)], changes, epochsAtOnce: 1)).bits)
    #expect(noisy.bits != (try trained([:], changes)).bits)
  }

  /// With survival probability 1 training has the bits of training without noise.
  @Test func certainLayersTrainAsWithoutNoise() throws {
    #expect(try trained(["noise": .text("stochastic_depth"), "survival": .real(1)]).bits == trained([:]).bits)
  }
}
