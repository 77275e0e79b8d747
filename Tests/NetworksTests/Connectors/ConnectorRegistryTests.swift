import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct ConnectorRegistryTests {
  /// A network of float64 with one connector between two blocks, on images of 3 channels of 5 × 6 pixels.
  private static func network(_ connector: String, precision: Precision = .float64, opening: String = "zero_padding") throws -> NetworkSpecification {
    try specification(
      #"{"input_shape": [3, 5, 6], "outputs": 4, "precision": "\#(precision.name)", "opening": "\#(opening)", "seed": 5, "blocks": [{"field": "dense", "operator": "convolution", "layers": 1, "horizon": 0.3}, {\#(connector)}, {"field": "dense", "operator": "dense", "layers": 1, "horizon": 0.3}]}"#)
  }

  /// Every connector with its defaults, and with what its options allow.
  static let variants: [String] = connectors.names.map { "\"connector\": \"\($0)\"" } + [
    #""connector": "convolution", "channels": 2, "stride": 2, "activation": "tanh""#, #""connector": "convolution", "kernel": 1, "stride": 2, "bias": "scalar""#,
    #""connector": "convolution", "margin": 0, "kernel": 4, "groups": 3"#, #""connector": "dense", "features": 7, "activation": "tanh""#,
    #""connector": "average_pooling", "window": 3, "window_stride": 1, "window_margin": 1"#, #""connector": "max_pooling", "window": 3, "window_stride": 2"#,
    #""connector": "channel_padding", "channels": 5, "stride": 2"#, #""connector": "activation", "activation": "softplus""#,
    #""connector": "residual", "channels": 4, "stride": 2, "activation": "tanh""#, #""connector": "residual", "channels": 4, "stride": 2, "activation": "tanh", "shortcut": "normalized_projection", "remember": true"#,
    #""connector": "residual", "channels": 4, "stride": 2, "activation": "tanh", "shortcut": "padding", "normalization": "instance""#, #""connector": "first_channels", "channels": 2"#,
  ] + normalizations.names.map { #""connector": "normalization", "activation": "tanh", "normalization": "\#($0)""# }

  /// The gradient through a connector has the Taylor order of a gradient, and its pullback is the transpose of its pushforward.
  @Test(arguments: variants, Precision.allCases) func derivativesAreExact(_ connector: String, _ precision: Precision) throws {
    let example = try DerivativeCase(try Self.network(connector, precision: precision), samples: 19)
    let (order, defect) = (try example.taylorOrder(directions: 3), try example.adjointDefect())
    #expect(order > 1.9, "order \(order)")
    #expect(defect < (precision == .float64 ? 1e-12 : 1e-5), "defect \(defect)")
  }

  /// The same bits for any number of threads and memory policy; a sample alone has those of its batch.
  @Test(arguments: variants, Precision.allCases) func bitsDependOnTheProblemAlone(_ connector: String, _ precision: Precision) throws {
    let batch = try BatchCase(try Network(try Self.network(connector, precision: precision)), samples: 37)
    let one = try batch.lossGradient()
    for threads in [2, 3] {
      let several = try batch.lossGradient(threads: threads)
      #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits)
    }
    let scores = try batch.predict().bits
    for sample in [0, 16, 36] { #expect(try batch.predict(range: sample..<sample + 1).bits == Array(scores[4 * sample..<4 * sample + 4])) }
  }

  /// As the first stage of a network, whose input's cotangent may not be wanted, a connector has the same gradient.
  @Test(arguments: variants) func theFirstStageHasItsGradient(_ connector: String) throws {
    let specification = try specification(
      #"{"input_shape": [3, 5, 6], "outputs": 4, "precision": "float64", "seed": 6, "blocks": [{\#(connector)}, {"field": "dense", "operator": "dense", "layers": 1, "horizon": 0.3}]}"#)
    let example = try DerivativeCase(specification, samples: 18)
    #expect(try example.taylorOrder(directions: 3) > 1.9)
    #expect(try example.adjointDefect() < 1e-12)
  }

  @Test func whatCannotBeIsRefusedWithTheReason() throws {
    func failure(_ connector: String) -> Failure? { refusal { _ = try NetworkPlan(try Self.network(connector)) } }
    let cases: [(String, Status, String)] = [
      (#""connector": "convolution", "groups": 2"#, .shapeMismatch, "blocks[1]: 2 groups do not divide 3 input and 3 output channels"),
      (#""connector": "convolution", "kernel": 9, "margin": 0"#, .shapeMismatch, "kernel spans 9 pixels"),
      (#""connector": "average_pooling", "window": 7"#, .shapeMismatch, "the pooling's window has 7 pixels"),
      (#""connector": "max_pooling", "window_margin": 2"#, .outOfRange, "padding (vertical) is 2"),
      (#""connector": "channel_padding", "channels": 2"#, .outOfRange, "from 3 to 2"),
      (#""connector": "first_channels", "channels": 9"#, .incompatible, "channels is 9; the image before connector first_channels has 3"),
      (#""connector": "normalization", "normalization": "group", "normalization_groups": 2"#, .shapeMismatch, "2 groups do not divide"),
      (#""connector": "flatten", "kernel": 3"#, .incompatible, "connector flatten has no option kernel"),
    ]
    for (connector, status, text) in cases {
      let found = failure(connector)
      #expect(found?.status == status && found?.message.contains(text) == true, "\(connector): \(found?.message ?? "accepted")")
    }
    #expect(refusal { _ = try Self.network(#""connector": "convolutio""#) }?.message.contains("did you mean 'convolution'?") == true)
  }

  /// Running averages move once a step, by the share that the option says, whatever the memory policy recomputes.
  @Test(arguments: ["store_all", "store_every", "binomial"]) func runningAveragesMoveOnceAStep(_ memory: String) throws {
    let network = try Network(try specification(
      #"{"input_shape": [2, 3, 3], "outputs": 2, "precision": "float64", "seed": 7, "memory": "\#(memory)", "blocks": [{"connector": "normalization", "normalization_momentum": 0.25}, {"field": "pre_activation", "operator": "convolution", "layers": 3, "normalization_momentum": 0.5}]}"#))
    let batch = try BatchCase(network, samples: 20)
    let plan = network.plan
    let parameters = try Numbers(plan.parameterCount, .float64)
    let snapshot = network.snapshot
    copy(snapshot.parameters, into: parameters.vector)
    let sweep = try Sweep(plan, batch: 20, derivative: true, threads: 2)
    let gradient = try Numbers(plan.parameterCount, .float64)
    let pool = try WorkerPool(threads: 2)
    try batch.labels.withUnsafeBufferPointer { labels in
      for _ in 0..<2 {
        _ = try sweep.lossGradient(parameters.vector, BatchSource(features: batch.view, normalization: nil), .labels(try #require(labels.baseAddress)), count: 20, gradient: gradient.vector, pool: pool)
      }
    }
    // Nothing is kept yet.
    let before = parameters.values
    sweep.updateStatistics(of: parameters.vector)
    #expect(parameters.values == before)
    sweep.keepStatistics()
    sweep.updateStatistics(of: parameters.vector)
    // Of the inputs: two channels of 20 · 9 numbers.
    let first = try #require(plan.batchNormalizations.first)
    for channel in 0..<2 {
      let numbers = (0..<20).flatMap { sample in (0..<9).map { batch.features[18 * sample + 9 * channel + $0] } }
      let mean = numbers.reduce(0, +) / 180
      let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 179
      #expect(abs(parameters[first.range.lowerBound + 4 + channel] - 0.25 * mean) < 1e-14)
      #expect(abs(parameters[first.range.lowerBound + 6 + channel] - (0.75 + 0.25 * variance)) < 1e-14)
    }
    #expect(plan.batchNormalizations.count == 7)
    for (range, channels, _) in plan.batchNormalizations.dropFirst() { #expect(parameters[range.lowerBound + 3 * channels] != 1) }
    withExtendedLifetime((snapshot, sweep, pool)) {}
  }

  /// Integrators that treat samples apart, and weights that are mixed in time, refuse batch normalization with the reason.
  @Test func whatTreatsSamplesApartRefusesThem() {
    for (options, text) in [(#""integrator": "dopri5""#, "couples the samples"), (#""integrator": "backward_euler""#, "couples the samples"), (#""weights_in_time": "polynomial""#, "running averages")] {
      let found = refusal {
        _ = try NetworkPlan(try specification(#"{"input_shape": [2, 3, 3], "outputs": 2, "blocks": [{"field": "pre_activation", "operator": "convolution", \#(options)}]}"#))
      }
      #expect(found?.status == .incompatible && found?.message.contains(text) == true, "\(options): \(found?.message ?? "accepted")")
    }
  }
}
