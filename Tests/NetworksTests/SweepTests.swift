import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

/// The contracts of Theory.md §4.1 for everything registered.
@Suite struct SweepTests {
  @Test(arguments: Combination.pairs) func taylorRemainderIsOfSecondOrder(_ pair: String) throws {
    for combination in Combination.of(pair) {
      let order = try DerivativeCase(try combination.specification()).taylorOrder()
      #expect(order > 1.9, "order \(order): \(combination)")
    }
  }

  @Test(arguments: Combination.pairs) func pullbackIsTheTransposeOfPushforward(_ pair: String) throws {
    for combination in Combination.of(pair) {
      for opening in ["dense", "zero_padding"] {
        let defect = try DerivativeCase(try combination.specification(opening: opening)).adjointDefect()
        #expect(defect < (combination.precision == .float64 ? 1e-12 : 1e-5), "defect \(defect): \(combination)")
      }
    }
  }

  @Test(arguments: Combination.pairs) func cotangentTimesTangentIsConstantOverLayers(_ pair: String) throws {
    for combination in Combination.of(pair) {
      let drift = try DerivativeCase(try combination.specification()).pairingDrift()
      #expect(drift < (combination.precision == .float64 ? 1e-12 : 1e-5), "drift \(drift): \(combination)")
    }
  }

  /// Every pair over every operator that it accepts keeps the contracts, with store_all and where it can with reversible layers.
  @Test(arguments: Combination.operatorPairs) func operatorsKeepTheContracts(_ pair: String) throws {
    for combination in Combination.of(pair) where combination.bias != "none" && ["tanh", "relu"].contains(combination.activation) {
      let specification = try combination.specification(layers: 4, opening: "zero_padding")
      let example = try DerivativeCase(specification)
      let limit = combination.precision == .float64 ? 1e-12 : 1e-5
      let (order, defect, drift) = (try example.taylorOrder(), try example.adjointDefect(), try example.pairingDrift())
      #expect(order > 1.9, "order \(order): \(combination)")
      #expect(defect < limit, "defect \(defect): \(combination)")
      #expect(drift < limit, "drift \(drift): \(combination)")
    }
  }

  /// Over every operator the bits depend neither on threads nor on tiles, batches or the memory policy; a sample alone has those of the batch.
  @Test(arguments: Combination.operatorPairs) func operatorsGiveTheSameBits(_ pair: String) throws {
    for combination in Combination.of(pair) where combination.bias == "vector" && combination.activation == "tanh" {
      let network = try Network(try combination.specification(layers: 3, opening: "zero_padding"))
      let batch = try BatchCase(network, samples: 33)
      let one = try batch.lossGradient()
      for threads in [2, 3] {
        let several = try batch.lossGradient(threads: threads)
        #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits, "\(combination)")
      }
      let recomputed = try batch.lossGradient(memory: StoreEvery(2))
      #expect(recomputed.gradient?.bits == one.gradient?.bits, "\(combination)")
      let scores = try batch.predict().bits
      for sample in [0, 16, 32] {
        #expect(try batch.predict(range: sample..<sample + 1).bits == Array(scores[4 * sample..<4 * sample + 4]), "\(combination), sample \(sample)")
      }
      #expect(try batch.predict(range: 0..<17).bits == Array(scores[0..<4 * 17]), "\(combination)")
    }
  }

  /// The schemes that cannot be combined with noise, each for a reason of its own.
  @Test func theseSchemesRefuseNoise() throws {
    let refusing = try integrators.names.filter { name in
      let scheme = try integrators.standard(name)
      return refusal { try scheme.checkNoise() } != nil
    }
    #expect(refusing == ["cayley", "exponential", "euler_maruyama", "near_identity", "dopri5", "tsit5"])
  }

  /// With noise in the layers the gradient is exact for the drawn numbers: every pair keeps both contracts with every noise, unless its scheme refuses noise. Then the network is refused for that reason.
  @Test(arguments: Combination.pairs) func noisyLayersKeepTheContracts(_ pair: String) throws {
    for combination in Combination.of(pair) where combination.activation == "tanh" && combination.bias == "vector" {
      for noise in layerNoises.names where noise != "none" {
        var specification = try combination.specification(noise: noise)
        if noise == "dropout" { try specification.set("dropout_rate", .real(0.4)) }
        let scheme = try integrators.standard(combination.integrator)
        if let reason = refusal({ try scheme.checkNoise() }) {
          #expect(reason.status == .incompatible && refusal { _ = try NetworkPlan(specification) } == reason, "\(combination), \(noise)")
          continue
        }
        let example = try DerivativeCase(specification)
        let (order, defect) = (try example.taylorOrder(), try example.adjointDefect())
        #expect(order > 1.9, "order \(order): \(combination), \(noise)")
        #expect(defect < (combination.precision == .float64 ? 1e-12 : 1e-5), "defect \(defect): \(combination), \(noise)")
      }
    }
  }

  /// Schemes that draw random numbers keep the contracts in evaluation too, where they draw none.
  @Test(arguments: integrators.names.filter { (try? integrators.standard($0))?.drawsNumbers == true }, Precision.allCases) func drawingSchemesKeepTheContractsInEvaluation(_ integrator: String, _ precision: Precision) throws {
    for field in ["dense", "hamiltonian"] {
      let combination = try #require(Combination.of("\(field) \(integrator)").first { $0.precision == precision && $0.activation == "tanh" && $0.bias == "vector" })
      let example = try DerivativeCase(try combination.specification(), draws: nil)
      #expect(try example.taylorOrder() > 1.9)
      #expect(try example.adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5))
      #expect(try example.loss(example.parameters) != DerivativeCase(try combination.specification()).loss(example.parameters))
    }
  }

  /// Two blocks of different state widths: hamiltonian/verlet, then antisymmetric/euler, and the other way round.
  private static func twoBlocks(_ precision: Precision, swapped: Bool, memory: String = "store_all", loss: String = "softmax_cross_entropy") throws -> NetworkSpecification {
    let first = #"{"field": "hamiltonian", "integrator": "verlet", "layers": 3, "horizon": 0.8, "memory": "\#(memory)"}"#
    let second = #"{"field": "antisymmetric", "integrator": "euler", "layers": 5, "gamma": 0.2, "bias": "scalar"}"#
    return try specification(
      #"{"inputs": 3, "outputs": \#(loss == "logistic" ? 1 : 4), "width": 5, "opening": "dense", "precision": "\#(precision.name)", "seed": 4, "loss": "\#(loss)", "blocks": [\#(swapped ? second : first), \#(swapped ? first : second)]}"#)
  }

  @Test(arguments: Precision.allCases, [false, true]) func blocksInARowKeepTheContracts(_ precision: Precision, _ swapped: Bool) throws {
    for memory in memoryPolicies.names {
      let specification = try Self.twoBlocks(precision, swapped: swapped, memory: memory)
      #expect(try DerivativeCase(specification).taylorOrder() > 1.9, "\(memory)")
      #expect(try DerivativeCase(specification).adjointDefect() < (precision == .float64 ? 1e-12 : 1e-5), "\(memory)")
    }
  }

  private static let lossesWithoutMargins = losses.names.filter { name in (try? losses.standard(name))?.marginRadius == nil }

  /// Losses with margins need other blocks, and have tests of their own (`MarginCrossEntropyTests`).
  @Test(arguments: lossesWithoutMargins, Precision.allCases) func everyLossHasItsGradient(_ loss: String, _ precision: Precision) throws {
    let order = try DerivativeCase(try Self.twoBlocks(precision, swapped: false, loss: loss)).taylorOrder()
    #expect(order > 1.9, "order \(order)")
  }

  private static let sizes = [1, 2, 17, 64, 65, 129, 300]

  private func batch(_ precision: Precision, _ samples: Int, width: Int = 5) throws -> BatchCase {
    let plan = try NetworkPlan(try Self.twoBlocks(precision, swapped: false))
    let network = try Network(plan.specification)
    // Nonzero biases, so that they matter.
    let parameters = try Numbers.normal(plan.parameterCount, precision, seed: 90, deviation: 0.4)
    try network.replaceParameters(with: parameters.vector)
    return try BatchCase(network, samples: samples)
  }

  @Test(arguments: Precision.allCases, sizes) func anyNumberOfThreadsGivesTheSameBits(_ precision: Precision, _ samples: Int) throws {
    let batch = try batch(precision, samples)
    let one = try batch.lossGradient(threads: 1)
    for threads in [2, 3] {
      let several = try batch.lossGradient(threads: threads)
      #expect(several.result == one.result)
      #expect(several.gradient?.bits == one.gradient?.bits)
    }
    // Nor does a sweep that is made for larger batches change the bits.
    let roomy = try batch.lossGradient(threads: 2, batch: 1000)
    #expect(roomy.result == one.result)
    #expect(roomy.gradient?.bits == one.gradient?.bits)
  }

  @Test(arguments: Precision.allCases, sizes) func lossWithoutAGradientHasTheSameBits(_ precision: Precision, _ samples: Int) throws {
    let batch = try batch(precision, samples)
    let full = try batch.lossGradient().result
    #expect(full.count == samples)
    #expect(try batch.lossGradient(asked: false).result == full)
    #expect(try batch.lossGradient(derivative: false).result == full)
    #expect(try batch.lossGradient(threads: 3, derivative: false).result == full)
  }

  /// A sweep throws wherever it is cancelled, and the next one is complete again.
  @Test(arguments: [false, true]) func aSweepIsCancelledAnywhere(derivative: Bool) throws {
    let batch = try batch(.float32, 300)
    let plan = batch.network.plan
    let sweep = try Sweep(plan, batch: 300, derivative: derivative, threads: 1)
    let memory = try Buffer(count: plan.parameterCount, precision: .float32)
    let gradient = derivative ? memory.vector(count: plan.parameterCount, precision: .float32) : nil
    let snapshot = batch.network.snapshot
    let source = BatchSource(features: batch.view, normalization: nil)
    try withExtendedLifetime((snapshot, sweep, batch, memory)) {
      try batch.labels.withUnsafeBufferPointer { labels in
        guard let labels = labels.baseAddress else { return }
        func run(_ watch: Watch) throws(Failure) -> BatchResult {
          try sweep.lossGradient(snapshot.parameters, source, .labels(labels), count: 300, gradient: gradient, pool: try WorkerPool(threads: 1, watch: watch))
        }
        let whole = try run(.none)
        var patience = 0
        while true {
          var asked = 0
          let watch = Watch(isCancelled: {
            asked += 1
            return asked > patience
          })
          do throws(Failure) {
            #expect(try run(watch) == whole)
            break
          } catch {
            #expect(error.status == .cancelled)
          }
          patience += 1
        }
        // The token is checked at least before each of three tiles.
        #expect(patience > 3 && whole.count == 300)
        #expect(try run(.none) == whole)
      }
    }
  }

  /// The mean over a batch is the weighted mean over its parts, up to the rounding errors of sums over 300 samples.
  @Test(arguments: Precision.allCases) func gradientIsTheSumOverParts(_ precision: Precision) throws {
    let batch = try batch(precision, 300)
    let whole = try batch.lossGradient()
    let gradient = try #require(whole.gradient)
    var (sum, loss, correct) = (Array(repeating: 0.0, count: gradient.count), 0.0, 0)
    for range in [0..<1, 1..<18, 18..<147, 147..<300] {
      let part = try batch.lossGradient(range: range)
      loss += part.result.lossSum
      correct += part.result.correct
      for (index, value) in try #require(part.gradient).values.enumerated() { sum[index] += value * Double(range.count) / 300 }
    }
    #expect(norm(zip(sum, gradient.values).map { $0 - $1 }) < 100 * precision.epsilon * norm(sum))
    #expect(abs(loss - whole.result.lossSum) < 100 * precision.epsilon * loss)
    #expect(correct == whole.result.correct)
  }

  /// A batch of selected rows, such as a permutation drawn by training, gives the same result as a batch of these samples.
  @Test func rowsChooseSamplesAndTheirLabels() throws {
    let batch = try batch(.float64, 20)
    let rows: [Int64] = [19, 3, 3, 7, 0]
    let plan = batch.network.plan
    let sweep = try Sweep(plan, batch: 5, derivative: false, threads: 1)
    let pool = try WorkerPool(threads: 1)
    let snapshot = batch.network.snapshot
    let result = try withExtendedLifetime((snapshot, sweep, pool)) {
      try rows.withUnsafeBufferPointer { rows in
        try batch.labels.withUnsafeBufferPointer { labels in
          try sweep.lossGradient(
            snapshot.parameters, BatchSource(features: batch.view, rows: rows.baseAddress, normalization: nil),
            .labels(try #require(labels.baseAddress)), count: 5, gradient: nil, pool: pool)
        }
      }
    }
    let expected = try rows.reduce(0) { $0 + (try batch.lossGradient(range: Int($1)..<Int($1) + 1).result.lossSum) }
    #expect(abs(result.lossSum - expected) < 1e-14 * expected)
  }

  @Test func reversibleInsteadOfTheBlocksOwnPolicyIsChecked() throws {
    let plan = try NetworkPlan(try Self.twoBlocks(.float32, swapped: false))
    #expect(refusal { _ = try Sweep(plan, batch: 1, derivative: true, memory: Reversible(), threads: 1) }?.status == .incompatible)
  }

  /// Reversible training stores two states at any depth; store_all stores all states.
  @Test func scratchOfReversibleTrainingDoesNotGrowWithDepth() throws {
    func bytes(_ layers: Int, _ memory: String) throws -> Int {
      let plan = try NetworkPlan(try specification(
        #"{"inputs": 4, "outputs": 2, "width": 4, "field": "hamiltonian", "integrator": "verlet", "layers": \#(layers), "memory": "\#(memory)"}"#))
      return try Sweep(plan, batch: 64, derivative: true, threads: 1).byteCount
    }
    #expect(try bytes(10, "reversible") == bytes(1000, "reversible"))
    #expect(try bytes(1000, "store_all") > 50 * bytes(10, "reversible"))
  }
}
