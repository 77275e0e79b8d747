import CStableODE
import Foundation

/// The image workloads through the C interface: W5, leapfrog with −Kᵀσ(Ky + b), and W5a, Euler's method with antisymmetric kernels, three stages of 16, 32 and 64 channels on 28 × 28 pixels; W6, LM-ResNet-20 with batch
/// normalization on 32 × 32 pixels. `step` is the loss of 64 samples with its gradient by all parameters, `infer1` and `infer1024` the scores of as many samples.
///
/// Operations are counted as those of direct convolutions.
struct ImageSuite {
  static let names = ["W5", "W5a", "W6"]
  static let allWhat = ["infer1", "infer1024", "step"]
  private static let batch = 64
  private static let checkLosses = ["W5": 2.264035940170288, "W5a": 2.2890732288360596, "W6": 2.3036248683929443]

  private let name: String
  private let network: OpaquePointer?
  private let features: Tensor
  private let labels: Tensor
  private let threads: Int
  /// Whether the parameters are those of the workload's definition: W6's come from PyTorch.
  private let isDefined: Bool

  init(_ name: String, threads: Int, data: String) throws {
    (self.name, self.threads) = (name, threads)
    let folder = "\(data)/\(name == "W6" ? "W6" : "W5")"
    var made: OpaquePointer?
    try check(sode_network_create_json(Self.specification(name), Int(bitPattern: UInt.max), &made))
    network = made
    features = try readNumPyFile("\(folder)/X.npy")
    labels = try readNumPyFile("\(folder)/y.npy")
    isDefined = name != "W6" || FileManager.default.fileExists(atPath: "\(folder)/weights")
    guard isDefined else { return }
    for (parameter, file, isTransposed) in try Self.files(name, network) {
      let value = try readNumPyFile("\(folder)/\(file).npy")
      var shape = try Self.shape(of: parameter, network)
      var view = isTransposed ? value.transposedView() : value.view()
      // The files' kernels have an axis for each direction of the image.
      try shape.withUnsafeMutableBufferPointer { shape in
        if !isTransposed { (view.ndim, view.shape) = (Int32(shape.count), shape.baseAddress) }
        try check(sode_network_set_parameter(network, parameter, &view))
      }
      withExtendedLifetime(value) {}
    }
  }

  func free() { sode_network_free(network) }

  private static func specification(_ name: String) -> String {
    if name == "W6" {
      let block = #""field": "pre_activation", "operator": "convolution", "activation": "relu", "bias": "none", "integrator": "linear_multistep""#
      let stages = [32, 64].map { channels in
        #"{"connector": "residual", "channels": \#(channels), "stride": 2, "activation": "relu", "remember": true}, {\#(block), "multistep_start": "given", "layers": 2, "horizon": 2}, {"connector": "first_channels", "channels": \#(channels)}"#
      }
      return #"{"input_shape": [3, 32, 32], "outputs": 10, "blocks": [{"connector": "convolution", "channels": 16, "bias": "none"}, {\#(block), "layers": 3, "horizon": 3}, \#(stages.joined(separator: ", ")), {"connector": "normalization", "activation": "relu"}, {"connector": "global_average"}]}"#
    }
    let field = name == "W5" ? #""field": "gradient_flow", "integrator": "leapfrog""# : #""field": "antisymmetric", "gamma": 0.1, "integrator": "euler""#
    let block = #"{\#(field), "operator": "convolution", "layers": 6, "horizon": 3}"#
    let next = [32, 64].map { #"{"connector": "average_pooling"}, {"connector": "convolution", "kernel": 1, "channels": \#($0)}, \#(block)"# }
    return #"{"input_shape": [1, 28, 28], "outputs": 10, "blocks": [{"connector": "convolution", "channels": 16, "activation": "tanh"}, \#(block), \#(next.joined(separator: ", ")), {"connector": "global_average"}]}"#
  }

  /// The parameters with their files. The readout's matrix is stored by inputs.
  private static func files(_ name: String, _ network: OpaquePointer?) throws -> [(parameter: String, file: String, isTransposed: Bool)] {
    if name == "W6" {
      return try parameterNames(network).map { ($0, $0, false) }
    }
    return [
      ("connectors.0.K", "Ks", false), ("connectors.0.b", "bs", false), ("connectors.2.K", "P0", false), ("connectors.2.b", "p0", false), ("connectors.4.K", "P1", false),
      ("connectors.4.b", "p1", false), ("readout.W", "Wc", true), ("readout.b", "bc", false),
    ] + (0..<3).flatMap { [("blocks.\($0).K", "K\($0)", false), ("blocks.\($0).b", "b\($0)", false)] }
  }

  private static func describe(_ network: OpaquePointer?) throws -> sode_network_info {
    var info = sode_network_info()
    info.struct_size = UInt32(MemoryLayout<sode_network_info>.size)
    try check(sode_network_describe(network, &info))
    return info
  }

  private static func forEachParameter(_ network: OpaquePointer?, _ body: (String, [Int64]) -> Void) throws {
    for index in 0..<(try describe(network)).tensors {
      var (name, axes, shape): (UnsafePointer<CChar>?, Int32, [Int64]) = (nil, 0, [0, 0, 0, 0])
      try check(sode_network_parameter_at(network, index, &name, &axes, &shape))
      if let name { body(String(cString: name), Array(shape.prefix(Int(axes)))) }
    }
  }

  private static func parameterNames(_ network: OpaquePointer?) throws -> [String] {
    var names: [String] = []
    try forEachParameter(network) { name, _ in names.append(name) }
    return names
  }

  private static func shape(of parameter: String, _ network: OpaquePointer?) throws -> [Int64] {
    var found: [Int64] = []
    try forEachParameter(network) { name, shape in if name == parameter { found = shape } }
    return found
  }

  /// Operations of one sample's forward pass.
  private var forwardFlops: Double { name == "W5" ? 130.7e6 : name == "W5a" ? 65.6e6 : 81.6e6 }

  private func images(_ rows: Int) -> Tensor {
    let available = features.converted(to: .f32, rows: min(rows, features.shape[0]), scale: features.isBytes ? 1.0 / 255 : 1)
    let numbers = available.shape.dropFirst().reduce(1, *)
    let result = Tensor.reals([rows, numbers], .f32)
    for row in 0..<rows { (result.memory + row * numbers * 4).copyMemory(from: available.memory + row % available.shape[0] * numbers * 4, byteCount: numbers * 4) }
    return result
  }

  /// - Parameter peerName: the way in which the peer runs it.
  func measure(_ what: String, _ timing: Timing, beside peer: (() throws -> Double)?, peerName: String) throws {
    let rows = what == "step" ? Self.batch : Int(what.dropFirst(5)) ?? 1
    let times = what == "step" ? try measureStep(timing, peer) : try measureInference(rows, timing, peer)
    report(
      workload: name, precision: .f32, threads: threads, what, what == "infer1024" ? .samplesPerSecond : .microseconds, samples: rows,
      flops: what == "step" ? 3 * forwardFlops : forwardFlops, peerName: peerName, times)
  }

  private func measureInference(_ rows: Int, _ timing: Timing, _ peer: (() throws -> Double)?) throws -> (own: [Double], peer: [Double]) {
    var predictor: OpaquePointer?
    try check(sode_predictor_create(network, Int64(rows), Int64(threads), &predictor))
    defer { sode_predictor_free(predictor) }
    let (images, scores) = (images(rows), Tensor.reals([rows, 10], .f32))
    let (from, to) = (images.memory.assumingMemoryBound(to: Float.self), scores.memory.assumingMemoryBound(to: Float.self))
    let times = try timing.measure({ try check(sode_predictor_run_f32(predictor, from, Int64(rows), Int32(SODE_SCORES), to)) }, beside: peer)
    withExtendedLifetime((images, scores)) {}
    return times
  }

  private func measureStep(_ timing: Timing, _ peer: (() throws -> Double)?) throws -> (own: [Double], peer: [Double]) {
    var gradient: OpaquePointer?
    try check(sode_gradient_create(network, Int64(Self.batch), nil, Int64(threads), &gradient))
    defer { sode_gradient_free(gradient) }
    let images = images(Self.batch), result = Tensor.reals([Int(try Self.describe(network).parameters)], .f32)
    var featureView = images.view(), labelView = labels.view(rows: Self.batch), resultView = result.view()
    var loss = 0.0
    let run = { try check(sode_gradient_run(gradient, &featureView, &labelView, &loss, &resultView)) }
    try run()
    let expected = Self.checkLosses[name] ?? .nan
    guard !isDefined || abs(loss - expected) <= 1e-4 * expected else { throw BenchmarkError("\(name): the loss is \(loss); the workload's check loss is \(expected)") }
    let times = try timing.measure(run, beside: peer)
    withExtendedLifetime((images, result)) {}
    return times
  }
}
