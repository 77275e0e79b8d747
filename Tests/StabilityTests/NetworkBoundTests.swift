import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

/// Lipschitz bounds of whole networks against samples: fields × integrators × activations, and the connectors of images.
@Suite struct NetworkBoundTests {
  /// - Parameter norms: the norms in which a bound is known; in others it is refused.
  private static func check(_ json: String, seed: UInt64, scale: Double, in norms: [DistanceNorm] = [.euclidean, .largest]) throws {
    let made = try certified(json, scale: scale, seed: seed)
    let (n, m, pairs) = (made.plan.inputs, made.plan.outputs, 60)
    let reading = try NetworkReading(made.plan, made.snapshot)
    let x = try Numbers.normal(2 * pairs * n, .float64, seed: seed + 9, deviation: 2)
    for pair in stride(from: 0, to: pairs, by: 2) { for i in 0..<n { x[(2 * pair + 1) * n + i] = x[2 * pair * n + i] + 1e-3 * x[(2 * pair + 1) * n + i] } }
    let out = try Numbers(2 * pairs * m, .float64)
    _ = try Predictor(made, maximumBatch: 2 * pairs, threads: 1).run(x.view(rows: 2 * pairs, columns: n), .scores, into: out.target(rows: 2 * pairs, columns: m), pool: nil)
    func difference(_ numbers: Numbers, _ pair: Int, _ width: Int) -> [Double] { (0..<width).map { numbers[2 * pair * width + $0] - numbers[(2 * pair + 1) * width + $0] } }
    for (kind, measure) in [(DistanceNorm.euclidean, { norm($0) }), (.largest, { $0.reduce(0) { max($0, abs($1)) } })] as [(DistanceNorm, ([Double]) -> Double)] {
      guard norms.contains(kind) else {
        #expect(refusal { _ = try NetworkBound(reading, kind, NormLedger()) }?.status == .incompatible, "\(json) in \(kind)")
        continue
      }
      let bound = try NetworkBound(reading, kind, NormLedger())
      let largest = (0..<pairs).map { measure(difference(out, $0, m)) / measure(difference(x, $0, n)) }.max() ?? 0
      #expect(largest <= bound.lipschitz * (1 + 1e-9), "\(json) in \(kind)")
    }
  }

  @Test(arguments: ["dense", "two_layer", "antisymmetric", "antisymmetric_damped", "negative_definite", "gradient_flow", "rotate_relax"], ["euler", "heun", "rk3", "rk4"])
  func fieldsAndIntegrators(_ field: String, _ integrator: String) throws {
    for (index, activation) in ["tanh", "relu", "gelu", "silu", "sin", "softplus"].enumerated() {
      let gamma = field.hasPrefix("antisymmetric") ? #", "gamma": 0.7"# : ""
      try Self.check(
        #"{"inputs": 4, "outputs": 3, "width": 6, "opening": "dense", "precision": "float64", "activation": "\#(activation)", "layers": 3, "horizon": 0.8, "field": "\#(field)", "integrator": "\#(integrator)"\#(gamma)}"#,
        seed: UInt64(index + 1), scale: 0.7, in: field == "rotate_relax" ? [.euclidean] : [.euclidean, .largest])
    }
  }

  @Test(arguments: ["hamiltonian", "hamiltonian_two_weight", "hamiltonian_h"]) func partitionedFields(_ field: String) throws {
    try Self.check(#"{"inputs": 4, "outputs": 3, "width": 6, "opening": "dense", "precision": "float64", "layers": 4, "field": "\#(field)", "integrator": "verlet"}"#, seed: 3, scale: 0.5, in: [.euclidean])
  }

  @Test(arguments: ["zero", "periodic"]) func imagesWithConnectors(_ padding: String) throws {
    try Self.check(
      #"""
      {"input_shape": [1, 6, 6], "outputs": 3, "precision": "float64", "blocks": [
        {"connector": "convolution", "channels": 3, "activation": "relu", "stride": 2, "padding": "\#(padding)"},
        {"field": "gradient_flow", "operator": "convolution", "padding": "\#(padding)", "layers": 2}, {"connector": "channel_copies", "channels": 6}, {"connector": "average_pooling", "window": 3},
        {"connector": "activation", "activation": "tanh"}, {"connector": "flatten"}, {"connector": "dense", "features": 5}, {"field": "dense", "layers": 2, "operator": "dense"}]}
      """#, seed: 4, scale: 0.4)
  }

  @Test func normalizationOfTheInputsIsInTheBound() throws {
    let made = try certified(#"{"inputs": 3, "outputs": 2, "width": 3, "opening": "dense", "precision": "float64", "field": "gradient_flow", "layers": 2, "horizon": 0.1}"#)
    let plain = try NetworkBound(try NetworkReading(made.plan, made.snapshot), .euclidean, NormLedger()).lipschitz
    let (shift, scale) = (try Numbers([1, 2, 3], .float64), try Numbers([4, 4, 4], .float64))
    made.replaceNormalization(with: try Normalization(shift: shift.view(rows: 1, columns: 3), scale: scale.view(rows: 1, columns: 3), inputs: 3, precision: .float64))
    let scaled = try NetworkBound(try NetworkReading(made.plan, made.snapshot), .euclidean, NormLedger()).lipschitz
    #expect(abs(scaled / (4 * plain) - 1) < 1e-3)
  }

  @Test func whatHasNoBoundSaysWhy() throws {
    for (json, reason) in [
      (#"{"inputs": 3, "outputs": 2, "field": "continuous_rnn"}"#, "continuous_rnn"), (#"{"inputs": 3, "outputs": 2, "field": "gradient_flow", "integrator": "dopri5"}"#, "integrator"),
      (#"{"inputs": 3, "outputs": 2, "field": "dense", "weights_in_time": "polynomial"}"#, "weights_in_time"),
      (#"{"input_shape": [1, 4, 4], "outputs": 2, "blocks": [{"connector": "normalization"}, {"field": "dense", "operator": "convolution"}]}"#, "normalization"),
    ] {
      let made = try network(json)
      #expect(try prove("lipschitz_l2", made).reason?.contains(reason) == true, "\(json)")
    }
  }
}
