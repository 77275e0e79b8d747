import Gradients
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

/// Networks with options of fields and integrators that the sweeps leave at their defaults.
@Suite struct RowSumNetworksTests {
  /// Members of "blocks" after the connector, if there is one, and the inputs.
  static let flow = #""field": "gradient_flow", "steps": "row_sums""#
  static let tight = #""field": "gradient_flow", "steps": "tight""#
  static let dense = #""inputs": 5, "width": 5, "opening": "dense""#
  static let image = #""input_shape": [2, 3, 4], "opening": "zero_padding""#
  static let networks: [(String, String)] = [
    (dense, #"{\#(flow), "hidden_width": 7, "layers": 4}"#),
    (dense, #"{\#(flow), "layers": 4, "bias": "scalar", "integrator": "rk4", "activation": "sigmoid"}"#),
    (dense, #"{\#(flow), "layers": 5, "weights_in_time": "shared", "integrator": "heun"}"#),
    (dense, #"{\#(flow), "step_sizes": "0.1,0.4,0.2"}"#),
    (dense, #"{\#(flow), "layers": 4, "weights_in_time": "polynomial", "integrator": "rk4"}"#),
    (dense, #"{\#(flow), "layers": 4, "integrator": "reversible", "base": "rk3", "weights_in_time": "polynomial"}"#),
    (dense, #"{\#(flow), "layers": 3, "integrator": "backward_euler"}"#),
    (dense, #"{\#(flow), "layers": 3, "integrator": "imex"}"#),
    (dense, #"{\#(flow), "layers": 4, "noise": "dropout"}"#),
    (dense, #"{\#(tight), "hidden_width": 7, "layers": 4}"#),
    (dense, #"{\#(tight), "layers": 4, "bias": "scalar", "integrator": "rk4", "activation": "sigmoid"}"#),
    (dense, #"{\#(tight), "layers": 5, "weights_in_time": "shared", "integrator": "heun"}"#),
    (dense, #"{\#(tight), "layers": 4, "weights_in_time": "polynomial", "integrator": "reversible", "base": "rk3"}"#),
    (dense, #"{\#(tight), "layers": 3, "integrator": "backward_euler"}"#),
    (dense + #", "opening_norm": "tight", "readout_norm": "aol""#, #"{\#(tight), "layers": 4, "noise": "dropout"}"#),
    (dense + #", "opening_norm": "aol", "readout_norm": "row_sums""#, #"{\#(tight), "step_sizes": "0.1,0.4,0.2"}"#),
    (image, #"{"connector": "convolution", "channels": 4, "norm": "row_sums", "stride": 2}, {\#(flow), "operator": "convolution", "layers": 3}"#),
    (image, #"{"connector": "dense", "features": 4, "norm": "tight", "activation": "tanh"}, {\#(tight), "layers": 3}"#),
    (dense, #"{"field": "port_hamiltonian", "hidden_width": 8, "dissipation_width": 2, "epsilon": 0.4, "layers": 4}"#),
    (image, #"{"connector": "convolution", "channels": 4}, {\#(flow), "operator": "convolution", "layers": 3}"#),
    (image, #"{"connector": "convolution", "channels": 4}, {\#(flow), "operator": "convolution", "padding": "periodic", "groups": 2, "hidden_width": 6, "kernel": 5, "layers": 3}"#),
    (image, #"{"connector": "convolution", "channels": 4}, {\#(flow), "operator": "convolution", "dilation": 2, "integrator": "reversible", "layers": 3, "memory": "reversible"}"#),
    (image, #"{"connector": "convolution", "channels": 4}, {"field": "port_hamiltonian", "operator": "convolution", "groups": 2, "hidden_width": 6, "dissipation_width": 2, "layers": 3}"#),
    (image, #"{"field": "port_hamiltonian", "operator": "convolution", "integrator": "reversible", "base": "rk4", "layers": 3, "horizon": 0.2, "memory": "reversible"}"#),
  ]

  private static func made(_ index: Int, _ precision: Precision) throws -> NetworkSpecification {
    try specification(#"{\#(networks[index].0), "outputs": 3, "precision": "\#(precision.name)", "seed": 4, "blocks": [\#(networks[index].1)]}"#)
  }

  @Test(arguments: networks.indices, Precision.allCases) func gradientsAreExact(_ index: Int, _ precision: Precision) throws {
    let example = try DerivativeCase(try Self.made(index, precision))
    let (order, defect) = (try example.taylorOrder(), try example.adjointDefect())
    #expect(order > 1.9, "order \(order): \(Self.networks[index])")
    #expect(defect < (precision == .float64 ? 1e-12 : 1e-5), "defect \(defect): \(Self.networks[index])")
  }

  /// The bits depend neither on threads nor on tiles; a sample alone has those of the batch.
  @Test(arguments: networks.indices, Precision.allCases) func bitsAreThoseOfTheBatch(_ index: Int, _ precision: Precision) throws {
    let batch = try BatchCase(try Network(try Self.made(index, precision)), samples: 33)
    let (one, three) = (try batch.lossGradient(), try batch.lossGradient(threads: 3))
    #expect(three.result == one.result && three.gradient?.bits == one.gradient?.bits)
    let scores = try batch.predict().bits
    for sample in [0, 16, 32] { #expect(try batch.predict(range: sample..<sample + 1).bits == Array(scores[3 * sample..<3 * sample + 3])) }
  }

  @Test func sharedWeightsNeedEqualSteps() throws {
    let refused = refusal {
      _ = try NetworkPlan(try specification(#"{"inputs": 3, "outputs": 2, "blocks": [{\#(Self.flow), "step_sizes": "0.1,0.4", "weights_in_time": "shared"}]}"#))
    }
    #expect(refused?.status == .incompatible && refused?.message.contains("this field") == true)
  }
}
