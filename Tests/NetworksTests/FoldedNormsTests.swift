import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct FoldedNormsTests {
  static let dense = #""inputs": 5, "width": 6, "opening": "dense""#
  static let image = #""input_shape": [2, 3, 4], "opening": "zero_padding""#
  static let flow = #""field": "gradient_flow", "steps": "tight""#
  /// Members beside "blocks", and the list of blocks.
  static let networks: [(String, String)] = ["row_sums", "aol", "tight"].flatMap { norm in
    [
      (dense + #", "opening_norm": "\#(norm)""#, #"{"field": "dense", "layers": 2}"#),
      (dense + #", "readout_norm": "\#(norm)""#, #"{"field": "antisymmetric", "layers": 2, "weights_in_time": "polynomial"}"#),
      (dense, #"{"connector": "dense", "features": 4, "norm": "\#(norm)", "activation": "tanh"}, {"field": "dense", "layers": 2}, {"connector": "dense", "features": 3}"#),
    ]
  } + [
    (image, #"{"connector": "convolution", "channels": 4, "norm": "row_sums", "stride": 2, "activation": "relu"}, {"field": "dense", "operator": "convolution", "layers": 2}"#),
    (image + #", "readout_norm": "tight""#, #"{"connector": "convolution", "channels": 4, "padding": "periodic", "norm": "row_sums", "groups": 2}, {"field": "gradient_flow", "operator": "convolution", "steps": "row_sums", "layers": 2}"#),
    (dense, #"{\#(flow), "layers": 3, "hidden_width": 7}"#),
    (dense, #"{\#(flow), "layers": 3, "integrator": "rk4", "activation": "sigmoid", "bias": "scalar"}"#),
    (dense, #"{\#(flow), "layers": 4, "integrator": "heun", "weights_in_time": "shared"}"#),
    (dense, #"{\#(flow), "layers": 4, "weights_in_time": "piecewise_constant", "basis_count": 2}"#),
    (dense, #"{\#(flow), "step_sizes": "0.1,0.4,0.2"}"#),
    (dense, #"{\#(flow), "layers": 3, "integrator": "reversible", "base": "rk3"}"#),
    (dense, #"{\#(flow), "layers": 3, "integrator": "backward_euler"}"#),
    (dense, #"{\#(flow), "layers": 3, "integrator": "linear_multistep"}"#),
    (dense + #", "opening_norm": "aol", "readout_norm": "row_sums", "loss": "emma""#, #"{\#(flow), "layers": 3}"#),
  ]

  private static func made(_ index: Int, _ precision: Precision) throws -> Network {
    let made = try network(#"{\#(networks[index].0), "outputs": 3, "precision": "\#(precision.name)", "seed": 4, "blocks": [\#(networks[index].1)]}"#)
    let numbers = try Numbers.normal(made.plan.parameterCount, precision, seed: 5, deviation: 0.7)
    _ = try made.replaceParameters(with: numbers.vector)
    return made
  }

  /// Alone and in a batch, scores have the same bits; nothing is scaled any longer.
  @Test(arguments: networks.indices, Precision.allCases) func scoresHaveTheSameBits(_ index: Int, _ precision: Precision) throws {
    let source = try Self.made(index, precision)
    try #require(source.plan.scales)
    let folded = try source.foldingNorms()
    #expect(!folded.plan.scales && folded.plan.tensors.map(\.name) == source.plan.tensors.map(\.name))
    let (batch, other) = (try BatchCase(source, samples: 33), try BatchCase(folded, samples: 33))
    #expect(try other.predict().bits == batch.predict().bits)
    for sample in [0, 32] { #expect(try other.predict(range: sample..<sample + 1).bits == batch.predict(range: sample..<sample + 1).bits) }
    // The tensors have changed: the test would not see a copy otherwise.
    let (before, after) = (source.snapshot, folded.snapshot)
    #expect((0..<source.plan.parameterCount).contains { before.parameters.load($0) != after.parameters.load($0) })
  }

  @Test func specificationsKeepAllElse() throws {
    let source = try network(#"{\#(Self.dense), "outputs": 3, "opening_norm": "tight", "blocks": [{\#(Self.flow), "layers": 3}]}"#)
    try source.setMetadata("author", "someone")
    let folded = try source.foldingNorms()
    let wanted = try specification(#"{\#(Self.dense), "outputs": 3, "blocks": [{"field": "gradient_flow", "layers": 3}]}"#)
    #expect(try folded.plan.specification.json == wanted.json)
    #expect(folded.metadata["author"] == "someone")
    #expect(try folded.foldingNorms().snapshot === folded.snapshot)
  }

  /// The norm of a convolution without its option is not known to losses with margins.
  @Test func lossesWithMarginsOfConvolutionsBecomeCrossEntropy() throws {
    let source = try network(#"{\#(Self.image), "outputs": 3, "loss": "emma", "margin_radius": 0.5, "blocks": [{"connector": "convolution", "channels": 4, "norm": "row_sums"}, {"field": "gradient_flow", "operator": "convolution", "steps": "row_sums", "layers": 2}]}"#)
    let folded = try source.foldingNorms()
    #expect(try folded.plan.specification.network.text("loss") == "softmax_cross_entropy")
    #expect(try BatchCase(folded, samples: 4).predict().bits == BatchCase(source, samples: 4).predict().bits)
  }

  @Test func mixedWeightsAreRefused() throws {
    let source = try network(#"{\#(Self.dense), "outputs": 3, "blocks": [{\#(Self.flow), "layers": 4, "weights_in_time": "polynomial"}]}"#)
    let refused = refusal { _ = try source.foldingNorms() }
    #expect(refused?.status == .incompatible && refused?.message.contains("weights_in_time layers") == true)
  }
}
