import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct FeedForwardTests {
  private static let (n, layers) = (3, 4)

  private func network(_ extra: String = "", precision: Precision = .float64, horizon: Double = 1) throws -> Network {
    try TestSupport.network(
      #"{"inputs": 3, "outputs": 2, "field": "linear_activation", "integrator": "near_identity", "layers": 4, "horizon": \#(horizon), "precision": "\#(precision.name)", "seed": 5\#(extra)}"#)
  }

  private func read(_ network: Network, _ precision: Precision = .float64) throws -> (weights: Numbers, biases: Numbers) {
    let (weights, biases) = (try Numbers(Self.layers * Self.n * Self.n, precision), try Numbers(Self.layers * Self.n, precision))
    try network.feedForwardWeights(
      block: 0, into: weights.target(rows: Self.layers * Self.n, columns: Self.n), biases: biases.target(rows: Self.layers, columns: Self.n))
    return (weights, biases)
  }

  private func write(_ network: Network, _ weights: Numbers, _ biases: Numbers?) throws {
    try network.replaceFeedForwardWeights(
      block: 0, weights: weights.view(rows: Self.layers * Self.n, columns: Self.n), biases: biases?.view(rows: Self.layers, columns: Self.n))
  }

  private func isDiagonal(_ index: Int) -> Bool { index % (Self.n * Self.n) % (Self.n + 1) == 0 }

  /// Weights near the identity with diagonals in [½, 2], and biases, both rounded to `precision`.
  private func layers(_ precision: Precision, seed: UInt64 = 8) throws -> (weights: Numbers, biases: Numbers) {
    var random = RandomStream(seed: seed)
    let weights = try Numbers((0..<Self.layers * Self.n * Self.n).map { isDiagonal($0) ? 0.5 + 1.5 * random.uniform() : random.uniform() - 0.5 }, precision)
    return (weights, try Numbers.normal(Self.layers * Self.n, precision, seed: seed + 1))
  }

  /// W_l = I + h_l w_l and B_l = h_l b_l for unequal step sizes.
  @Test(arguments: Precision.allCases) func readsItsFormula(_ precision: Precision) throws {
    let network = try TestSupport.network(
      #"{"inputs": 3, "outputs": 2, "field": "linear_cubic", "integrator": "near_identity", "step_sizes": [0.1, 0.2, 0.3, 0.05], "precision": "\#(precision.name)"}"#)
    let parameters = try Numbers.normal(network.plan.parameterCount, precision, seed: 3)
    try network.replaceParameters(with: parameters.vector)
    let (weights, biases) = try read(network)
    let (w, b) = (try network.tensor("blocks.0.w").range, try network.tensor("blocks.0.b").range)
    for (layer, h) in [0.1, 0.2, 0.3, 0.05].enumerated() {
      for index in 0..<9 {
        let expected = (index % 4 == 0 ? 1 : 0) + h * parameters[w.lowerBound + 9 * layer + index]
        // The test rounds once more than the converter. Times of the grid are sums of steps, which may have a rounding error.
        #expect(abs(weights[9 * layer + index] - expected) < 4 * 0x1p-52)
      }
      for feature in 0..<3 { #expect(abs(biases[3 * layer + feature] - h * parameters[b.lowerBound + 3 * layer + feature]) < 4 * 0x1p-52) }
    }
  }

  /// A near-identity network made from the layers of a feed-forward network computes the same function.
  @Test(arguments: ["tanh", "relu", "sigmoid"], [0.7, 1, 3]) func computesTheFeedForwardNet(_ activation: String, _ horizon: Double) throws {
    var made = try specification(#"{"inputs": 3, "outputs": 3, "readout": "identity", "loss": "least_squares", "precision": "float64"}"#)
    try made.setFeedForward(layers: Self.layers, horizon: horizon, activation: activation)
    let network = try Network(made)
    let (weights, biases) = try layers(.float64)
    try write(network, weights, biases)
    let batch = try BatchCase(network, samples: 7)
    let scores = try batch.predict()
    let sigma = try activations(activation)
    for sample in 0..<7 {
      var x = (0..<3).map { batch.features[3 * sample + $0] }
      for layer in 0..<Self.layers {
        let rows = Array(weights.rows(of: 3)[3 * layer..<3 * layer + 3])
        x = plainLayer(sigma, rows, Array(biases.values[3 * layer..<3 * layer + 3]), x).value
      }
      // The rounding errors of w = (W − I)/h and of h w, through four layers.
      #expect(largestDifference((0..<3).map { scores[3 * sample + $0] }, x) < 1e-14)
    }
  }

  /// With h = ¼ and diagonals in [½, 2], W − I, (W − I)/h and the W computed back from it are exact in both precisions.
  @Test(arguments: Precision.allCases, BiasKind.allCases) func roundTripIsExactForPowersOfTwo(_ precision: Precision, _ bias: BiasKind) throws {
    let network = try network(#", "bias": "\#(bias.rawValue)""#, precision: precision)
    let (weights, all) = try layers(precision)
    let biases = try Numbers(all.values.indices.map { bias == .vector ? all[$0] : bias == .scalar ? all[$0 / 3] : 0 }, precision)
    try write(network, weights, biases)
    let back = try read(network, precision)
    #expect(back.weights.bits == weights.bits)
    #expect(back.biases.bits == biases.bits)
  }

  /// float32 layers survive a float64 network exactly for any step size, because float64 rounding errors do not reach the bits of float32.
  @Test(arguments: [0.3, 1, 2.8, 1e3, 1e-3]) func roundTripOfSingleNumbersIsExact(_ horizon: Double) throws {
    let network = try network(horizon: horizon)
    for seed in 0..<20 as Range<UInt64> {
      let (weights, biases) = try layers(.float32, seed: 100 + seed)
      try write(network, weights, biases)
      let back = try read(network, .float32)
      #expect(back.weights.bits == weights.bits)
      #expect(back.biases.bits == biases.bits)
    }
  }

  /// In all other cases the error is at most one ulp of W, or one ulp of 1 on the diagonal.
  @Test(arguments: [0.3, 1.1, 2.8]) func otherRoundTripsAreWithinAnUlp(_ horizon: Double) throws {
    let network = try network(horizon: horizon)
    var largest = 0.0
    for seed in 0..<20 as Range<UInt64> {
      let (weights, biases) = try layers(.float64, seed: 200 + seed)
      try write(network, weights, biases)
      let back = try read(network)
      for index in 0..<weights.count { largest = max(largest, abs(back.weights[index] - weights[index]) / (isDiagonal(index) ? 0x1p-52 : weights[index].ulp)) }
      for index in 0..<biases.count { largest = max(largest, abs(back.biases[index] - biases[index]) / biases[index].ulp) }
    }
    #expect(largest <= 1, "\(largest) ulp")
  }

  /// The other direction: a float32 network's weights, written as float64 layers and read back, are unchanged. A weight w on the diagonal survives in 1 + h w if |h w| ≥ 2⁻²⁸.
  @Test(arguments: [0.3, 1, 2.8]) func equationsComeBackExactly(_ horizon: Double) throws {
    let network = try network(precision: .float32, horizon: horizon)
    let before = network.snapshot
    let (weights, biases) = try read(network)
    try network.replaceParameters(with: try Numbers(network.plan.parameterCount, .float32).vector)
    try write(network, weights, biases)
    let (range, after) = (try network.tensor("blocks.0.w").range, network.snapshot)
    withExtendedLifetime((before, after)) {
      for index in range { #expect(after.parameters.load(index) == before.parameters.load(index)) }
    }
  }

  /// Opening, readout and all parameters outside the layers stay unchanged; omitted biases mean zeros.
  @Test func changesTheBlockAlone() throws {
    let network = try network()
    let parameters = try Numbers.normal(network.plan.parameterCount, .float64, seed: 3)
    try network.replaceParameters(with: parameters.vector)
    try write(network, try layers(.float64).weights, nil)
    let (readout, bias, snapshot) = (try network.tensor("readout.W").range, try network.tensor("blocks.0.b").range, network.snapshot)
    withExtendedLifetime(snapshot) {
      for index in readout { #expect(snapshot.parameters.load(index) == parameters[index]) }
      for index in bias { #expect(snapshot.parameters.load(index) == 0) }
    }
  }

  /// Reading shared weights returns them for every layer; they cannot be set layer by layer.
  @Test func sharedWeightsAreReadOnly() throws {
    let network = try network(#", "weights_in_time": "shared""#)
    let (weights, _) = try read(network)
    #expect(weights.values[0..<9] == weights.values[9..<18] && weights[1] != 0)
    let failure = refusal { try write(network, weights, nil) }
    #expect(failure?.status == .incompatible && failure?.message.contains("weights_in_time is layers") == true)
  }

  @Test func setFeedForwardChoosesARateThatIsTheInverseOfTheStep() throws {
    for (layers, horizon) in [(4, 1.0), (20, 2.0), (7, 0.3), (49, 1.0), (100, 7.7)] {
      var made = NetworkSpecification()
      try made.setFeedForward(layers: layers, horizon: horizon, activation: "relu")
      let (rate, h) = (try made.blocks[0].real("activation_rate"), horizon / Double(layers))
      #expect(abs(rate * h - 1) <= 0x1p-53)
      #expect(try made.blocks[0].text("integrator") == "near_identity" && made.blocks[0].integer("layers") == layers)
    }
    var untouched = NetworkSpecification()
    #expect(refusal { try untouched.setFeedForward(layers: 3, horizon: 1, activation: "thanh") }?.status == .unknownName)
    #expect(try untouched.blocks[0].text("field") == "antisymmetric")
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let network = try network(#", "bias": "scalar""#)
    let bits = network.snapshot.parameters.load(0)
    let (weights, biases) = try layers(.float64)
    #expect(refusal { try write(network, weights, biases) }?.message == "the biases of layer 0 differ from feature to feature; blocks[0] has bias scalar, one number a layer (vector holds them)")
    let none = try self.network(#", "bias": "none""#)
    #expect(refusal { try write(none, weights, biases) }?.message == "the biases of layer 0 are not zero; blocks[0] has bias none (scalar or vector hold them)")
    let short = refusal { try network.replaceFeedForwardWeights(block: 0, weights: weights.view(rows: 9, columns: 3), biases: nil) }
    #expect(short == Failure(.shapeMismatch, "weights are 9 × 3; blocks[0] has 4 layers of 3 features: layers·n × n is 12 × 3"))
    let thin = refusal {
      try network.replaceFeedForwardWeights(block: 0, weights: weights.view(rows: 12, columns: 3), biases: biases.view(rows: 3, columns: 3))
    }
    #expect(thin == Failure(.shapeMismatch, "biases are 3 × 3; blocks[0] has 4 layers of 3 features"))
    #expect(refusal { try network.replaceFeedForwardWeights(block: 2, weights: weights.view(rows: 12, columns: 3), biases: nil) }?.status == .outOfRange)
    weights[4] = .infinity
    #expect(refusal { try write(network, weights, nil) } == Failure(.notFinite, "weights hold NaN or infinity at row 1, column 1; they must be finite"))
    weights[4] = 1e39
    let single = try self.network(precision: .float32)
    #expect(refusal { try write(single, weights, nil) }?.message == "(W − I)/h of layer 0, row 1, column 1, is 4e+39, too large for float32; the step size is 0.25")
    #expect(network.snapshot.parameters.load(0) == bits)
    let dense = try TestSupport.network(#"{"inputs": 3, "outputs": 2, "field": "dense"}"#)
    #expect(refusal { try write(dense, weights, nil) }?.message.hasPrefix("blocks[0] is dense with euler; it reads as feed-forward layers only where") == true)
    let whole = try Numbers(36, .float64)
    let integers = MutableTensorView(whole.vector.base, type: .int64, rows: 12, columns: 3)
    let failure = refusal { try network.feedForwardWeights(block: 0, into: integers, biases: whole.target(rows: 4, columns: 3)) }
    #expect(failure?.status == .unsupportedType)
  }
}
