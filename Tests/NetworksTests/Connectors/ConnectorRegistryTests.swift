import Gradients
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
    #""connector": "dense", "features": 7, "norm": "row_sums""#, #""connector": "dense", "features": 7, "norm": "aol", "bias": "none""#, #""connector": "dense", "features": 7, "norm": "tight", "activation": "tanh""#,
    #""connector": "convolution", "channels": 4, "norm": "row_sums", "stride": 2"#,
    #""connector": "average_pooling", "window": 3, "window_stride": 1, "window_margin": 1"#, #""connector": "max_pooling", "window": 3, "window_stride": 2"#,
    #""connector": "channel_padding", "channels": 5, "stride": 2"#, #""connector": "activation", "activation": "softplus""#,
    #""connector": "residual", "channels": 4, "stride": 2, "activation": "tanh""#, #""connector": "residual", "channels": 4, "stride": 2, "activation": "tanh", "shortcut": "normalized_projection", "remember": true"#,
    #""connector": "residual", "channels": 4, "stride": 2, "activation": "tanh", "shortcut": "padding", "normalization": "instance""#, #""connector": "first_channels", "channels": 2"#,
    #""connector": "dropout", "dropout_rate": 0.4, "dropout_channels": true"#, #""connector": "channel_copies", "channels": 6"#,
    #""connector": "residual", "branch": "bottleneck", "channels": 6, "inner_channels": 4, "groups": 2, "stride": 2, "activation": "tanh", "normalization": "layer""#,
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
      (#""connector": "convolution", "margin": 0, "padding": "periodic""#, .incompatible, "padding is periodic but margin is 0"),
      (#""connector": "average_pooling", "window": 7"#, .shapeMismatch, "the pooling's window has 7 pixels"),
      (#""connector": "max_pooling", "window_margin": 2"#, .outOfRange, "padding (vertical) is 2"),
      (#""connector": "channel_padding", "channels": 2"#, .outOfRange, "from 3 to 2"),
      (#""connector": "first_channels", "channels": 9"#, .incompatible, "channels is 9; the image before connector first_channels has 3"),
      (#""connector": "normalization", "normalization": "group", "normalization_groups": 2"#, .shapeMismatch, "2 groups do not divide"),
      (#""connector": "dropout", "dropout_rate": 1"#, .outOfRange, "dropout_rate is 1.0; it must be < 1"),
      (#""connector": "flatten", "kernel": 3"#, .incompatible, "connector flatten has no option kernel"),
    ]
    for (connector, status, text) in cases {
      let found = failure(connector)
      #expect(found?.status == status && found?.message.contains(text) == true, "\(connector): \(found?.message ?? "accepted")")
    }
    #expect(refusal { _ = try Self.network(#""connector": "convolutio""#) }?.message.contains("did you mean 'convolution'?") == true)
  }

  /// An option of one normalization is refused with every other, in connectors and in blocks, and named with its owner. What is read back holds no such option.
  @Test func optionsBelongToTheirNormalization() throws {
    for (name, entry) in normalizations.entries.map({ ($0.name, $0.entry) }) {
      for option in normalizations.options {
        let value = option.key == "normalization_momentum" ? "0.5" : option.key == "normalization_batch" ? "16" : "1"
        let set = "\"normalization\": \"\(name)\", \"\(option.key)\": \(value)"
        for element in [#"{"connector": "normalization", \#(set)}, {"field": "dense", "operator": "convolution"}"#, #"{"connector": "residual", \#(set)}, {"field": "dense", "operator": "convolution"}"#,
          #"{"field": "pre_activation", "operator": "convolution", \#(set)}"#, #"{"field": "bottleneck", "bias": "none", "operator": "convolution", \#(set)}"#] {
          let found = refusal { _ = try NetworkPlan(try specification(#"{"input_shape": [2, 3, 3], "outputs": 2, "blocks": [\#(element)]}"#)) }
          guard !entry.options.contains(where: { $0.key == option.key }) else {
            #expect(found == nil, "\(element): \(found?.message ?? "")")
            continue
          }
          let owner = OptionChooser("normalization", normalizations).takers(of: option.key)[0]
          #expect(
            found?.status == .incompatible && found?.message.contains("normalization \(name) has no option \(option.key); it belongs to normalization \(owner)") == true,
            "\(element): \(found?.message ?? "taken")")
        }
      }
      let written = try specification(#"{"input_shape": [2, 3, 3], "outputs": 2, "blocks": [{"connector": "normalization", "normalization": "\#(name)"}, {"field": "pre_activation", "operator": "convolution", "normalization": "\#(name)"}]}"#)
      let again = try NetworkSpecification(json: try written.json)
      #expect(try NetworkPlan(again).tensors.map(\.shape) == NetworkPlan(written).tensors.map(\.shape) && again.json == written.json)
    }
  }

  /// An option of one connector is refused with every connector that does not take it.
  @Test func optionsBelongToTheirConnector() throws {
    for (name, entry) in connectors.entries.map({ ($0.name, $0.entry) }) {
      for option in connectors.options where !entry.options.contains(where: { $0.key == option.key }) {
        let value = switch option.kind {
        case .choice(let names): "\"\(names[0])\""
        case .flag: "true"
        default: "1"
        }
        let found = refusal { _ = try NetworkPlan(try Self.network("\"connector\": \"\(name)\", \"\(option.key)\": \(value)")) }
        #expect(found?.status == .incompatible && found?.message.contains("connector \(name) has no option \(option.key); it belongs to") == true, "\(name), \(option.key): \(found?.message ?? "taken")")
      }
    }
  }

  /// A mean of single numbers would make all of them 0: such normalizations are refused where the network is made.
  @Test func singleNumbersAreNotNormalized() throws {
    func found(_ shape: String, _ options: String) -> Failure? {
      refusal { _ = try NetworkPlan(try specification(#"{"input_shape": [\#(shape)], "outputs": 2, "blocks": [{"connector": "normalization", \#(options)}, {"field": "dense", "operator": "convolution"}]}"#)) }
    }
    for (shape, options) in [("3, 1, 1", #""normalization": "instance""#), ("1, 1, 1", #""normalization": "layer""#), ("4, 1, 1", #""normalization": "group", "normalization_groups": 4"#), ("1, 1", #""normalization": "group""#)] {
      let found = found(shape, options)
      #expect(found?.status == .incompatible && found?.message.contains("would take the mean of each number by itself") == true, "\(shape), \(options): \(found?.message ?? "taken")")
    }
    for (shape, options) in [
      ("3, 1, 2", #""normalization": "instance""#), ("2, 1, 1", #""normalization": "layer""#), ("4, 1, 1", #""normalization": "group", "normalization_groups": 2"#), ("1, 1, 1", #""normalization": "tv""#),
      ("1, 1, 1", #""normalization": "batch""#),
    ] { #expect(found(shape, options) == nil) }
    let field = refusal { _ = try NetworkPlan(try specification(#"{"inputs": 4, "outputs": 2, "width": 4, "field": "pre_activation", "normalization": "instance"}"#)) }
    #expect(field?.message.contains("normalization instance of 4 channels of 1 pixel would take the mean") == true, "\(field?.message ?? "taken")")
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
    for each in plan.batchNormalizations.dropFirst() { #expect(parameters[each.range.lowerBound + 3 * each.channels] != 1) }
    withExtendedLifetime((snapshot, sweep, pool)) {}
  }

  private static let dropouts = [#""connector": "dropout", "dropout_rate": 0.3"#, #""connector": "dropout", "dropout_rate": 0.3, "dropout_channels": true"#]

  /// Dropped numbers depend on the sample's place in the step alone: the same bits for any threads, tiles and memory policies. Evaluation drops nothing.
  @Test(arguments: dropouts, Precision.allCases) func dropoutDependsOnTheStepAlone(_ connector: String, _ precision: Precision) throws {
    let draws = Draws(seed: 9, step: 5)
    let batch = try BatchCase(try Network(try Self.network(connector, precision: precision)), samples: 150)
    let one = try batch.lossGradient(draws: draws)
    for threads in [2, 3] {
      let several = try batch.lossGradient(threads: threads, draws: draws)
      #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits)
    }
    for name in memoryPolicies.names where name != "reversible" {
      let policy = try batch.lossGradient(draws: draws, memory: try memoryPolicies.standard(name))
      #expect(policy.result == one.result && policy.gradient?.bits == one.gradient?.bits, "\(name)")
    }
    let parts = try [0..<1, 1..<30, 30..<150].reduce(0.0) { sum, range in
      sum + (try batch.lossGradient(range: range, draws: Draws(seed: 9, step: 5, firstSample: UInt64(range.lowerBound))).result.lossSum)
    }
    #expect(abs(parts - one.result.lossSum) < 10 * precision.epsilon * one.result.lossSum)
    for other in [nil, Draws(seed: 9, step: 6), Draws(seed: 8, step: 5)] { #expect(try batch.lossGradient(draws: other).result.lossSum != one.result.lossSum) }
    // Without draws the network is the one without the connector.
    let bare = try BatchCase(try Network(try Self.network(#""connector": "dropout", "dropout_rate": 0"#, precision: precision)), samples: 150)
    #expect(try batch.predict().bits == bare.predict().bits)
    #expect(try batch.lossGradient().gradient?.bits == bare.lossGradient(draws: draws).gradient?.bits)
  }

  /// Two connectors draw different numbers, and a block's noise others again.
  @Test func everyPlaceDrawsItsOwnNumbers() throws {
    func loss(_ places: String) throws -> Double {
      let network = try TestSupport.network(#"{"inputs": 40, "outputs": 40, "readout": "identity", "loss": "least_squares", "precision": "float64", "blocks": [\#(places), {"field": "dense", "layers": 1, "initial_scale": 0}]}"#)
      return try BatchCase(network, samples: 3).lossGradient(draws: Draws(seed: 1, step: 2)).result.lossSum
    }
    let half = #"{"connector": "dropout", "dropout_rate": 0.5}"#
    let once = try loss(half), twice = try loss("\(half), \(half)"), later = try loss(#"{"connector": "flatten"}, \#(half)"#)
    #expect(Set([once, twice, later]).count == 3)
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
