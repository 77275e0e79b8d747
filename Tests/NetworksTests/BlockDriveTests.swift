import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

/// Blocks in which each sample advances by intervals of its own.
@Suite struct BlockDriveTests {
  /// The pairs of a field that reads no sequences and a scheme that takes steps of each sample's own.
  private static let pairs = Combination.pairs.filter { pair in
    let names = pair.split(separator: " ").map(String.init)
    return (try? integrators.standard(names[1]).takesOwnSteps) == true && (try? fields(names[0]).make(FieldConfiguration(width: 4))).map { !($0 is any DrivenField) } == true
  }

  /// A network of trajectories of four channels and three times, with two features beyond them; two or three layers an interval.
  private func trajectory(_ combination: Combination, memory: String = "store_all") throws -> NetworkSpecification {
    var made = try combination.specification(inputs: 7, opening: "trajectory", memory: memory)
    try made.set("channels", .integer(4))
    return made
  }

  /// Gives every sample times of its own, in steps as large as those of the block.
  private func setTimes(_ features: Numbers, samples: Int, _ specification: NetworkSpecification) throws {
    let interval = try specification.blocks[0].real("horizon") / 2
    for sample in 0..<samples {
      let own = interval * (0.3 + 0.1 * Double(sample % 8))
      for (place, time) in [100, 100 + own, 100 + own + (sample % 4 == 3 ? 0 : interval)].enumerated() { features[7 * sample + 4 + place] = time }
    }
  }

  @Test func theseSchemesRefuseStepsOfASamplesOwn() throws {
    let refusing = try integrators.names.filter { !(try integrators.standard($0).takesOwnSteps) }
    #expect(refusing == ["cayley", "exponential", "imex", "adams_bashforth2", "adams_bashforth3", "linear_multistep", "leapfrog", "midpoint", "euler_maruyama", "near_identity"])
  }

  /// Every pair keeps the contracts in parameters, first states and times.
  @Test(arguments: pairs) func derivativesAreExact(_ pair: String) throws {
    for combination in Combination.of(pair) where combination.bias == "vector" {
      let specification = try trajectory(combination)
      let example = try DerivativeCase(specification)
      try setTimes(example.features, samples: example.samples, specification)
      let limit = combination.precision == .float64 ? 1e-12 : 1e-5
      let (order, defect) = (try example.taylorOrder(), try example.adjointDefect())
      // Derivatives hold the steps that an adaptive scheme has chosen constant. With normalizations and sin these change so much from point to point that the remainder shows it.
      let isChoosing = try integrators.standard(String(pair.split(separator: " ")[1])) is AdaptiveRungeKutta
      if !(isChoosing && pair.hasPrefix("bottleneck") && combination.activation == "sin") { #expect(order > 1.9, "order \(order): \(combination)") }
      #expect(defect < limit, "defect \(defect): \(combination)")
    }
  }

  /// The bits depend neither on threads nor on tiles, batches or the memory policy.
  @Test(arguments: pairs) func bitsAreTheSame(_ pair: String) throws {
    for combination in Combination.of(pair) where combination.bias == "vector" && combination.activation == "tanh" {
      let specification = try trajectory(combination)
      let network = try Network(specification)
      let batch = try BatchCase(network, samples: 33)
      try setTimes(batch.features, samples: 33, specification)
      let one = try batch.lossGradient()
      for threads in [2, 3] {
        let several = try batch.lossGradient(threads: threads)
        #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits, "\(combination)")
      }
      for policy in [StoreEvery(2) as any MemoryPolicy, try Binomial(checkpoints: 2)] {
        #expect(try batch.lossGradient(memory: policy).gradient?.bits == one.gradient?.bits, "\(combination)")
      }
      guard !network.plan.couplesSamples else { continue }
      let scores = try batch.predict().bits
      for sample in [0, 16, 32] { #expect(try batch.predict(range: sample..<sample + 1).bits == Array(scores[4 * sample..<4 * sample + 4]), "\(combination), sample \(sample)") }
    }
  }

  /// With unequal step sizes an interval's layers share it in the proportion of their steps, so that a grid of equal intervals is that of the step sizes.
  @Test func stepSizesShareAnInterval() throws {
    let sizes = "0.1,0.3,0.25,0.15"
    let own = try network(
      #"{"opening": "trajectory", "inputs": 5, "channels": 2, "outputs": 2, "readout": "identity", "precision": "float64", "field": "dense", "integrator": "heun", "step_sizes": [\#(sizes)], "loss": "least_squares"}"#)
    let plain = try network(
      #"{"opening": "zero_padding", "inputs": 2, "width": 2, "outputs": 2, "readout": "identity", "precision": "float64", "field": "dense", "integrator": "heun", "step_sizes": [\#(sizes)], "loss": "least_squares", "weights_in_time": "shared"}"#)
    let snapshot = own.snapshot
    try withExtendedLifetime(snapshot) { try plain.replaceParameters(with: snapshot.parameters) }
    func scores(_ network: Network, _ row: [Double]) throws -> [Double] {
      let (features, out) = (try Numbers(row, .float64), try Numbers(2, .float64))
      let predictor = try Predictor(network, maximumBatch: 1, threads: 1)
      try withExtendedLifetime(predictor) { try predictor.run(features.view(rows: 1, columns: row.count), .scores, into: out.target(rows: 1, columns: 2), pool: nil) }
      return out.values
    }
    #expect(largestDifference(try scores(own, [0.4, -0.7, 3, 3.4, 3.8]), try scores(plain, [0.4, -0.7])) < 1e-15)
  }
}
