import Foundation
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

/// Training with noise in the layers, on blocks and whole networks.
@Suite struct NoiseInLayersTests {
  // The closed forms of Theory.md §5.7.

  /// N layers of x₊ = x − Δt m x, which is a linear field of one feature.
  private static func decay(_ noise: StochasticDepth, layers: Int, step: Double) throws -> BlockCase {
    let example = try BlockCase(
      field: "dense", integrator: "euler", activation: .identity, bias: .none, width: 1, layers: layers, horizon: Double(layers) * step, basis: SharedBasis(), offset: 0, noise: noise)
    example.parameters[0] = -1
    example.prepare()
    return example
  }

  /// Compares the mean and the second moment of x_N over 65 536 masks with those from `moments`, which gives E m, E m², E m³ and E m⁴ of a layer. They must agree within three
  /// standard errors, which are known exactly too.
  private func check(_ noise: StochasticDepth, layers: Int, step: Double, moments: (_ layer: Int) -> [Double]) throws {
    let columns = 1 << 16
    let example = try Self.decay(noise, layers: layers, step: step)
    let start = try Numbers(Array(repeating: 1.5, count: columns), .float64)
    let end = try example.propagate(start, columns: columns, draws: Draws(seed: 1, step: 4).tile(block: 0, firstSample: 0)).values
    // E (1 − Δt m)ᵏ for k = 1, 2, 4.
    func expected(_ power: Int) -> Double {
      (0..<layers).reduce(pow(1.5, Double(power))) { product, layer in
        let binomials = [1: [1, 1], 2: [1, 2, 1], 4: [1, 4, 6, 4, 1]][power] ?? []
        let m = [1] + moments(layer)
        return product * binomials.indices.reduce(0.0) { $0 + Double(binomials[$1]) * pow(-step, Double($1)) * m[$1] }
      }
    }
    let (first, second, fourth) = (expected(1), expected(2), expected(4))
    let n = Double(columns)
    #expect(abs(end.reduce(0, +) / n - first) < 3 * ((second - first * first) / n).squareRoot())
    #expect(abs(inner(end, end) / n - second) < 3 * ((fourth - second * second) / n).squareRoot())
  }

  /// Without inverted scaling: E x_N = (1 − pΔt)ᴺx₀, E x_N² = ((1 − pΔt)² + Δt²p(1 − p))ᴺx₀².
  @Test func momentsOfStochasticDepthAreTheClosedForms() throws {
    let (p, step, layers) = (0.7, 0.2, 10)
    try check(StochasticDepth(survival: p, decay: .none, scaling: .none, depth: BlockDepth(layers: layers)), layers: layers, step: step) { _ in [p, p, p, p] }
    // The general formula in `check` agrees with that of Theory.md §5.7.
    #expect(abs((1 - 2 * step * p + step * step * p) - (pow(1 - p * step, 2) + step * step * p * (1 - p))) < 1e-15)
  }

  /// Inverted scaling replaces Δt by Δt/p: E x_N = (1 − Δt)ᴺx₀, E x_N² = ((1 − Δt)² + Δt²(1 − p)/p)ᴺx₀².
  @Test func momentsWithInvertedScalingAreThoseOfALongerStep() throws {
    let (p, step, layers) = (0.7, 0.2, 10)
    try check(StochasticDepth(survival: p, decay: .none, depth: BlockDepth(layers: layers)), layers: layers, step: step) { _ in [1, 1 / p, 1 / (p * p), 1 / (p * p * p)] }
    let scaled = try Self.decay(StochasticDepth(survival: p, decay: .none, depth: BlockDepth(layers: layers)), layers: layers, step: step)
    let longer = try Self.decay(StochasticDepth(survival: p, decay: .none, scaling: .none, depth: BlockDepth(layers: layers)), layers: layers, step: step / p)
    let draws = Draws(seed: 1, step: 4).tile(block: 0, firstSample: 0)
    let start = try Numbers(Array(repeating: 1.5, count: 64), .float64)
    #expect(try largestDifference(scaled.propagate(start, columns: 64, draws: draws).values, longer.propagate(start, columns: 64, draws: draws).values) < 1e-15)
  }

  @Test func momentsWithLinearDecayAreProducts() throws {
    let noise = StochasticDepth(survival: 0.4, depth: BlockDepth(layers: 8))
    try check(noise, layers: 8, step: 0.1) { layer in
      let p = noise.probability(layer)
      return [1, 1 / p, 1 / (p * p), 1 / (p * p * p)]
    }
  }

  /// linear_multistep with stochastic depth [Lu et al. 2018]: x₊ = (1 − k)x + k x₋ + h m f(x), sample by sample.
  @Test func multistepKeepsItsMemoryWhereALayerIsSkipped() throws {
    let (width, layers, h) = (3, 5, 0.3)
    let noise = StochasticDepth(survival: 0.5, depth: BlockDepth(layers: layers))
    let example = try BlockCase(field: "dense", integrator: "linear_multistep", width: width, layers: layers, horizon: 1.5, offset: 0, noise: noise)
    let draws = Draws(seed: 2, step: 1).tile(block: 0, firstSample: 0)
    let start = try example.state(16)
    example.block.start(start.block(rows: 2 * width, columns: 16))
    let end = try example.propagate(start, columns: 16, draws: draws)
    let parameters = example.parameters.values
    let masks = (0..<layers).map { layer -> [Double] in
      let row = Block.zeros(1, 16, .float64)
      noise.draw(LayerDraws(key: draws.key, sample: 0, layer: layer), into: row)
      return row.values
    }
    #expect(Set(masks.joined()).contains(0))
    for sample in 0..<16 {
      var (x, old) = (Array(start.column(sample, of: 16)[..<width]), Array(repeating: 0.0, count: width))
      for layer in 0..<layers {
        let matrix = (0..<width).map { row in (0..<width).map { parameters[9 * layer + 3 * row + $0] } }
        let f = plainLayer(.tanh, matrix, (0..<width).map { parameters[9 * layers + 3 * layer + $0] }, x).value
        let k = layer == 0 ? 0 : parameters[12 * layers + layer - 1]
        let next = x.indices.map { (1 - k) * x[$0] + k * old[$0] + h * masks[layer][sample] * f[$0] }
        (x, old) = (next, x)
      }
      #expect(largestDifference(Array(end.column(sample, of: 16)[..<width]), x) < 1e-14)
    }
  }

  // Whole networks.

  private static let noisy = [
    #"{"field": "antisymmetric", "layers": 4, "noise": "stochastic_depth"}"#, #"{"field": "hamiltonian", "integrator": "verlet", "layers": 4, "noise": "dropout", "dropout_rate": 0.3}"#,
    #"{"field": "dense", "integrator": "linear_multistep", "layers": 4, "noise": "gaussian"}"#, #"{"field": "dense", "integrator": "rk4", "layers": 4, "noise": "uniform"}"#,
    #"{"field": "dense", "integrator": "shake_shake", "layers": 4}"#, #"{"field": "dense", "integrator": "euler_maruyama", "layers": 4}"#,
    #"{"field": "dense", "layers": 2}, {"connector": "dropout", "dropout_rate": 0.3}"#,
  ]

  private func batch(_ block: String, samples: Int, precision: Precision = .float32) throws -> BatchCase {
    try BatchCase(
      try network(#"{"inputs": 3, "outputs": 4, "width": 5, "opening": "dense", "seed": 4, "precision": "\#(precision.name)", "blocks": [\#(block), {"field": "dense", "layers": 2, "noise": "stochastic_depth"}]}"#),
      samples: samples)
  }

  /// The random numbers are the same for any number of threads, with and without a gradient, and for any tiles. Another training step has others.
  @Test(arguments: noisy) func runsRepeatBitForBit(_ block: String) throws {
    for samples in [1, 17, 300] {
      let batch = try batch(block, samples: samples)
      let draws = Draws(seed: 9, step: 5)
      let one = try batch.lossGradient(draws: draws)
      for threads in [2, 3] {
        let several = try batch.lossGradient(threads: threads, draws: draws)
        #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits)
      }
      #expect(try batch.lossGradient(derivative: false, draws: draws).result == one.result)
      #expect(try batch.lossGradient(batch: 1000, draws: draws).gradient?.bits == one.gradient?.bits)
      for other in [nil, Draws(seed: 9, step: 6), Draws(seed: 8, step: 5)] {
        // By chance a single sample may keep the same layers.
        if samples > 1 { #expect(try batch.lossGradient(draws: other).result.lossSum != one.result.lossSum) }
      }
    }
  }

  /// A sample's random numbers depend on its place in the training step, not on its place in a tile or batch: parts that are given their first place add up to the whole.
  @Test(arguments: noisy) func partsOfAStepDrawItsNumbers(_ block: String) throws {
    let batch = try batch(block, samples: 150, precision: .float64)
    let whole = try batch.lossGradient(draws: Draws(seed: 9, step: 5)).result.lossSum
    let parts = try [0..<1, 1..<30, 30..<64, 64..<150].reduce(0.0) { sum, range in
      sum + (try batch.lossGradient(range: range, draws: Draws(seed: 9, step: 5, firstSample: UInt64(range.lowerBound))).result.lossSum)
    }
    #expect(abs(parts - whole) < 1e-13 * whole)
  }

  /// Predictions draw no random numbers: they have the same bits as those of the network without noise, for single samples and batches.
  @Test func evaluationDrawsNothing() throws {
    for block in Self.noisy[..<4] {
      let noisy = try batch(block, samples: 50)
      let quiet = try BatchCase(
        try network(
          #"{"inputs": 3, "outputs": 4, "width": 5, "opening": "dense", "seed": 4, "blocks": [\#(block.replacing(#/, "noise": .*}/#, with: "}")), {"field": "dense", "layers": 2}]}"#),
        samples: 50)
      #expect(try noisy.predict().bits == quiet.predict().bits)
      #expect(try noisy.predict(range: 3..<4).bits == quiet.predict(range: 3..<4).bits)
      #expect(try noisy.lossGradient().gradient?.bits == quiet.lossGradient().gradient?.bits)
    }
    let drawing = try batch(Self.noisy[5], samples: 20)
    #expect(try drawing.predict().bits == drawing.predict(threads: 2).bits)
  }

  @Test func refusesWhatMakesNoSense() throws {
    for (integrator, field, reason) in [
      ("dopri5", "dense", "chooses its steps"), ("near_identity", "linear_activation", "takes the field apart"), ("cayley", "rotate_relax", "takes the field apart"),
      ("euler_maruyama", "dense", "noise of its own"),
    ] {
      let failure = refusal {
        _ = try network(#"{"inputs": 2, "outputs": 2, "field": "\#(field)", "integrator": "\#(integrator)", "noise": "stochastic_depth"}"#)
      }
      #expect(failure?.status == .incompatible && failure?.message.contains(reason) == true, "\(integrator): \(failure?.message ?? "taken")")
    }
    let misplaced = refusal { _ = try network(#"{"inputs": 2, "outputs": 2, "noise": "dropout", "survival": 0.5}"#) }
    #expect(misplaced?.message.contains("noise dropout has no option survival; it belongs to noise stochastic_depth") == true, "\(misplaced?.message ?? "taken")")
    #expect(refusal { _ = try network(#"{"inputs": 2, "outputs": 2, "noise": "drop_out"}"#) }?.message.contains("dropout") == true)
  }
}
