import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct ResolutionChangeTests {
  private func text(_ shape: String, _ blocks: String) -> String {
    #"{"input_shape": [\#(shape)], "outputs": 3, "precision": "float64", "seed": 4, "blocks": [\#(blocks)]}"#
  }
  private let residual = #"{"connector": "convolution", "channels": 4, "kernel": 1}, {"field": "antisymmetric", "operator": "convolution", "layers": 2}, {"connector": "normalization", "normalization": "layer"}"#

  private func values(_ network: Network) -> [Double] {
    let snapshot = network.snapshot
    return withExtendedLifetime(snapshot) { (0..<network.plan.parameterCount).map { snapshot.parameters.load($0) } }
  }

  /// Images of twice the size, each pixel four times.
  private func repeated(_ features: [Double], channels: Int, height: Int, width: Int) throws -> [Double] {
    let grid = PixelGrid(channels: channels, height: 2 * height, width: 2 * width)
    let (coarse, fine) = (try Numbers(features, .float64), try Numbers(4 * features.count, .float64))
    try grid.spread(coarse.vector, by: 1, into: fine.vector)
    return fine.values
  }

  @Test(arguments: [#"{"field": "gradient_flow", "operator": "convolution", "integrator": "imex", "layers": 2}"#, #"{"field": "rotate_relax", "operator": "convolution", "rotation": "kernel", "layers": 2}"#, ""])
  func prolongingAndRestrictingGivesTheSameWeights(_ block: String) throws {
    let network = try network(text("2, 4, 6", block.isEmpty ? residual : residual + ", " + block))
    let finer = try network.changed(.finer)
    #expect(finer.plan.inputShape.description == "2 × 8 × 12")
    let again = try finer.changed(.coarser)
    #expect(again.plan.tensors.map(\.shape) == network.plan.tensors.map(\.shape))
    #expect(largestDifference(values(again), values(network)) < 1e-14)
  }

  /// With kernels of one pixel, an image whose pixels are repeated has the same scores: matrices of pixels are spread.
  @Test func repeatedPixelsHaveTheSameScores() throws {
    for last in ["", #", {"connector": "dense", "features": 5, "activation": "tanh"}"#] {
      let network = try network(text("2, 3, 4", #"{"connector": "convolution", "channels": 4, "kernel": 1}, {"field": "gradient_flow", "operator": "convolution", "kernel": 1, "layers": 2}\#(last)"#))
      let finer = try network.changed(.finer)
      let batch = try BatchCase(network, samples: 5)
      let fine = try Numbers(batch.features.rows(of: 24).flatMap { try repeated($0, channels: 2, height: 3, width: 4) }, .float64)
      let scores = try Numbers(15, .float64)
      try Predictor(finer, maximumBatch: 5, threads: 1).run(fine.view(rows: 5, columns: 96), .scores, into: scores.target(rows: 5, columns: 3), pool: nil)
      #expect(largestDifference(scores.values, try batch.predict().values) < 1e-13)
    }
  }

  /// Of a residual connector with a stride, the kernel with the stride stays, and the one behind it is converted.
  @Test func kernelsWithAStrideStay() throws {
    let network = try network(text("2, 8, 8", #"{"connector": "residual", "channels": 4, "stride": 2, "normalization": "layer"}, {"field": "dense", "operator": "convolution", "layers": 1}"#))
    let finer = try network.changed(.finer)
    for tensor in network.plan.tensors where tensor.stencil != nil {
      let (old, new) = (Array(values(network)[tensor.range]), Array(values(finer)[try finer.tensor(tensor.name).range]))
      #expect((old == new) == ["connectors.0.K1", "connectors.0.S"].contains(tensor.name), "\(tensor.name)")
    }
  }

  @Test func whatHasNoCounterpartIsRefused() throws {
    func message(_ json: String, _ direction: ResolutionChange.Direction) throws -> String { refusal { _ = try ResolutionChange(try network(json).plan, direction) }?.message ?? "taken" }
    #expect(try message(#"{"inputs": 3, "outputs": 2}"#, .finer).contains("a list of 3 features"))
    #expect(try message(text("2, 6, 6", #"{"field": "antisymmetric", "operator": "convolution", "kernel": 5, "layers": 2}"#), .finer).contains("blocks.0.K has kernels of 5 × 5 pixels"))
    #expect(try message(text("2, 6, 6", #"{"field": "antisymmetric", "operator": "convolution", "dilation": 2, "layers": 2}"#), .coarser).contains("with dilation 2"))
    #expect(try message(text("2, 5, 6", #"{"field": "antisymmetric", "operator": "convolution", "layers": 2}"#), .coarser).contains("must be even"))
    let pooled = #"{"connector": "average_pooling"}, {"field": "antisymmetric", "operator": "convolution", "layers": 2}"#
    #expect(try message(text("2, 8, 8", pooled), .coarser) == "taken")
    #expect(try message(text("2, 4, 4", pooled), .coarser).hasPrefix("blocks.0.K has kernels of 3 × 3 pixels, but 1 × 1 at the coarser resolution, where the image inside the network"))
    #expect(try message(text("2, 2, 2", pooled), .finer).contains("must keep 2 pixels or more"))
    #expect(try message(text("2, 8", pooled), .coarser) == "taken")
    #expect(try message(text("2, 4", pooled), .coarser).hasPrefix("blocks.0.K has kernels of 1 × 3 pixels, but 1 × 1"))
    #expect(try message(text("2, 6, 6", #"{"field": "antisymmetric", "operator": "dense", "layers": 2}"#), .finer).contains("no rule converts it"))
    #expect(try message(text("2, 6, 6", #"{"connector": "convolution", "kernel": 5, "stride": 2}, {"field": "antisymmetric", "operator": "convolution", "layers": 2}"#), .finer) == "taken")
  }
}
