import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct MarginCrossEntropyTests {
  /// Networks whose margins come from norms of the opening and of connectors, from scaled weights, and from a readout of either kind.
  static let networks = [
    #""inputs": 5, "width": 6, "opening": "dense", "field": "gradient_flow", "steps": "tight", "layers": 3, "activation": "relu""#,
    #""inputs": 5, "width": 6, "opening": "dense", "opening_norm": "tight", "readout_norm": "row_sums", "field": "gradient_flow", "steps": "row_sums", "layers": 3"#,
    #""inputs": 4, "width": 4, "readout": "identity", "field": "gradient_flow", "steps": "tight", "integrator": "rk4", "layers": 2"#,
    #""inputs": 5, "blocks": [{"connector": "dense", "features": 7, "activation": "softplus"}, {"field": "rotate_relax", "integrator": "cayley", "layers": 2}, {"connector": "dense", "features": 6, "norm": "aol"}, {"field": "gradient_flow", "layers": 2}]"#,
    #""input_shape": [2, 4, 4], "blocks": [{"connector": "convolution", "channels": 4, "norm": "row_sums"}, {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2}, {"connector": "average_pooling"}, {"connector": "global_average"}, {"field": "gradient_flow", "steps": "tight", "layers": 1}]"#,
  ]

  private static func made(_ index: Int, _ loss: String, _ precision: Precision = .float64) throws -> NetworkSpecification {
    try specification(#"{\#(networks[index]), "outputs": 4, "loss": "\#(loss)", "margin_radius": 0.3, "precision": "\#(precision.name)", "seed": 4}"#)
  }

  /// The gradient with its way through the margins to readout, opening and connectors.
  @Test(arguments: networks.indices, Precision.allCases) func theGradientIncludesThatOfTheMargins(_ index: Int, _ precision: Precision) throws {
    let order = try DerivativeCase(try Self.made(index, "margin_cross_entropy", precision)).taylorOrder()
    #expect(order > 1.9, "order \(order): \(Self.networks[index])")
  }

  /// The bits do not depend on threads.
  @Test(arguments: networks.indices, ["emma", "margin_cross_entropy"]) func bitsAreThoseOfOneThread(_ index: Int, _ loss: String) throws {
    let batch = try BatchCase(try Network(try Self.made(index, loss, .float32)), samples: 300)
    let (one, three) = (try batch.lossGradient(), try batch.lossGradient(threads: 3))
    #expect(one.result == three.result && one.gradient?.bits == three.gradient?.bits)
    #expect(try batch.lossGradient(derivative: false).result.lossSum == one.result.lossSum)
  }

  /// The memory of a gradient is known beforehand.
  @Test(arguments: networks.indices) func theMemoryIsKnown(_ index: Int) throws {
    let plan = try NetworkPlan(try Self.made(index, "emma"))
    let sweep = try Sweep(plan, batch: 300, derivative: true, threads: 2)
    #expect(try MemoryPlan(plan, batch: 300, threads: 2).scratchBytes == sweep.byteCount + 8 * plan.parameterCount)
  }

  /// A radius of 0 is the plain cross-entropy, with its gradient.
  @Test(arguments: networks.indices) func radiusZeroIsSoftmax(_ index: Int) throws {
    func result(_ loss: String, _ radius: String) throws -> (loss: Double, gradient: [Double]) {
      let batch = try BatchCase(try network(#"{\#(Self.networks[index]), "outputs": 4, "loss": "\#(loss)"\#(radius), "precision": "float64", "seed": 4}"#), samples: 20)
      let found = try batch.lossGradient()
      return (found.result.meanLoss, found.gradient?.values ?? [])
    }
    let plain = try result("softmax_cross_entropy", "")
    for loss in ["emma", "margin_cross_entropy"] {
      let found = try result(loss, #", "margin_radius": 0"#)
      #expect(abs(found.loss - plain.loss) < 1e-12 && largestDifference(found.gradient, plain.gradient) < 1e-12)
    }
  }

  /// Inputs in another unit, with the normalization that undoes it and the radius in this unit, have the same loss.
  @Test func theRadiusIsInUnitsOfTheInputs() throws {
    func loss(unit: Double) throws -> Double {
      let network = try network(#"{\#(Self.networks[0]), "outputs": 4, "loss": "margin_cross_entropy", "margin_radius": \#(0.3 * unit), "precision": "float64", "seed": 4}"#)
      let batch = try BatchCase(network, samples: 10)
      for index in 0..<batch.features.count { batch.features[index] *= unit }
      let (shift, scale) = (try Numbers(5, .float64), try Numbers(Array(repeating: 1 / unit, count: 5), .float64))
      network.replaceNormalization(
        with: try Normalization(shift: shift.view(rows: 1, columns: 5), scale: scale.view(rows: 1, columns: 5), inputs: 5, precision: .float64))
      return try batch.lossGradient().result.meanLoss
    }
    #expect(abs(try loss(unit: 255) - loss(unit: 1)) < 1e-12)
  }

  /// What has no Lipschitz constant is refused with the reason.
  @Test func networksWithoutAConstantAreRefused() throws {
    func message(_ rest: String) -> String {
      refusal { _ = try NetworkPlan(try specification(#"{"outputs": 3, "loss": "emma", \#(rest)}"#)) }?.message ?? ""
    }
    for (rest, word) in [
      (#""inputs": 3, "field": "dense""#, "blocks.0"), (#""inputs": 3, "field": "antisymmetric""#, "gradient_flow"), (#""inputs": 3, "field": "gradient_flow", "integrator": "leapfrog""#, "non-expansive"),
      (#""inputs": 3, "blocks": [{"connector": "dense", "features": 3, "activation": "gelu"}, {"field": "dense"}]"#, "blocks.0"),
      (#""input_shape": [1, 4, 4], "blocks": [{"connector": "convolution"}, {"field": "gradient_flow", "operator": "convolution"}]"#, "norm row_sums"),
      (#""input_shape": [1, 4, 4], "blocks": [{"connector": "normalization", "normalization": "batch"}, {"field": "gradient_flow", "operator": "convolution"}]"#, "Lipschitz constant"),
      (#""input_shape": [1, 4, 4], "blocks": [{"connector": "average_pooling", "window_stride": 1}, {"field": "gradient_flow", "operator": "convolution"}]"#, "overlap"),
    ] {
      #expect(message(rest).contains(word), "\(rest): \(message(rest))")
    }
    #expect(message(#""inputs": 3, "width": 3, "opening_norm": "tight""#).contains("opening zero_padding"))
    #expect(message(#""inputs": 3, "width": 3, "readout": "identity", "readout_norm": "aol""#).contains("readout identity"))
    #expect(refusal { _ = try NetworkPlan(try specification(#"{"inputs": 2, "outputs": 1, "loss": "emma", "field": "gradient_flow"}"#)) }?.message.contains("2 to") == true)
  }

  /// Metrics, and losses of the caller's that ask which samples are right, give no margins: what is left is the cross-entropy of the scores.
  @Test(arguments: ["emma", "margin_cross_entropy"], Precision.allCases) func withoutMarginsIsSoftmax(_ loss: String, _ precision: Precision) throws {
    let scores = try Numbers.normal(35, precision, seed: 3, deviation: 2).rows(of: 5)
    let labels = (0..<7).map { Int32($0 * 3 % 5) }
    let (found, plain) = (try LossCase(loss, precision, scores: scores, labels: labels, scale: 0.5), try LossCase("softmax_cross_entropy", precision, scores: scores, labels: labels, scale: 0.5))
    #expect(found.loss == plain.loss && found.gradient == plain.gradient && found.correct == plain.correct && plain.loss > 0)
  }

  /// The loss of a huge radius is a number, and so are its derivatives by the scores, but not those by the weights in float32: the sweep says so.
  @Test(arguments: ["emma", "margin_cross_entropy"]) func gradientsThatThePrecisionDoesNotHoldAreReported(_ loss: String) throws {
    for (precision, isFinite) in [(Precision.float32, false), (.float64, true)] {
      let network = try network(#"{\#(Self.networks[0]), "outputs": 4, "loss": "\#(loss)", "margin_radius": 1e60, "precision": "\#(precision.name)", "seed": 4}"#)
      let found = try BatchCase(network, samples: 10).lossGradient()
      #expect(found.result.meanLoss.isFinite && found.result.meanLoss > 1e50 && found.result.isGradientFinite == isFinite)
      #expect(found.gradient?.values.allSatisfy(\.isFinite) == isFinite)
    }
  }
}
