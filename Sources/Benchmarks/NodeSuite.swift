import CStableODE

/// W7, the neural ODE ẏ = tanh(y·W₁+b₁)·W₂+b₂ on [0, 1] by dopri5 with rtol = atol = 1e-5: `fwd` is the solve of 256 samples, `direct` the solve with the gradient of mean(y(1)²) with respect to every
/// parameter, through the accepted steps.
///
/// Each sample has its own steps and meets the tolerance separately. The peer, diffrax, uses one step size for the whole batch, from the mean error over all samples. Both must reproduce the workload's results.
struct NodeSuite {
  static let name = "W7"
  static let allWhat = ["fwd", "direct"]
  private static let samples = 256
  private static let width = 8
  /// mean(y(1)²) and the norm of its gradient, from a solve in float64 at the tolerance 1e-10; diffrax at 1e-5 in float32 is within 2e-5 of both.
  private static let checkLoss = 10.305803
  private static let checkNorm = 14.383785

  private let network: OpaquePointer?
  private let features: Tensor
  private let threads: Int

  init(threads: Int, data: String) throws {
    self.threads = threads
    let specification = """
      {"precision": "float32", "inputs": 8, "outputs": 8, "readout": "identity", "loss": "least_squares", "field": "two_layer", "hidden_width": 64,
       "integrator": "dopri5", "layers": 1, "horizon": 1.0, "relative_tolerance": 1e-5, "absolute_tolerance": 1e-5}
      """
    var made: OpaquePointer?
    try check(sode_network_create_json(specification, Int(bitPattern: UInt.max), &made))
    network = made
    for (name, file) in [("K1", "W1"), ("K2", "W2"), ("b1", "b1"), ("b2", "b2")] {
      let value = try readNumPyFile("\(data)/\(Self.name)/\(file).npy")
      var view = name.hasPrefix("K") ? value.transposedView() : value.view()
      try check(sode_network_set_parameter(network, "blocks.0.\(name)", &view))
      withExtendedLifetime(value) {}
    }
    features = try readNumPyFile("\(data)/\(Self.name)/X.npy").converted(to: .f32, rows: Self.samples)
  }

  func free() { sode_network_free(network) }

  func measure(_ what: String, _ timing: Timing, beside peer: (() throws -> Double)?) throws {
    let times = what == "fwd" ? try measureForward(timing, peer) : try measureGradient(timing, peer)
    report(workload: Self.name, precision: .f32, threads: threads, what, .microseconds, samples: Self.samples, flops: nil, peerName: "diffrax", times)
  }

  private func measureForward(_ timing: Timing, _ peer: (() throws -> Double)?) throws -> (own: [Double], peer: [Double]) {
    var predictor: OpaquePointer?
    try check(sode_predictor_create(network, Int64(Self.samples), Int64(threads), &predictor))
    defer { sode_predictor_free(predictor) }
    let scores = Tensor.reals([Self.samples, Self.width], .f32)
    let (from, to) = (features.memory.assumingMemoryBound(to: Float.self), scores.memory.assumingMemoryBound(to: Float.self))
    let run = { try check(sode_predictor_run_f32(predictor, from, Int64(Self.samples), Int32(SODE_SCORES), to)) }
    try run()
    var sum = 0.0
    for index in 0..<Self.samples * Self.width { sum += Double(to[index]) * Double(to[index]) }
    try expect("mean(y(1)²)", sum / Double(Self.samples * Self.width), Self.checkLoss)
    let times = try timing.measure(run, beside: peer)
    withExtendedLifetime((features, scores)) {}
    return times
  }

  private func measureGradient(_ timing: Timing, _ peer: (() throws -> Double)?) throws -> (own: [Double], peer: [Double]) {
    var gradient: OpaquePointer?
    try check(sode_gradient_create(network, Int64(Self.samples), nil, Int64(threads), &gradient))
    defer { sode_gradient_free(gradient) }
    var info = sode_network_info()
    info.struct_size = UInt32(MemoryLayout<sode_network_info>.size)
    try check(sode_network_describe(network, &info))
    // The mean of ½‖y − 0‖² over the samples is half the width times mean(y²).
    let targets = Tensor.reals([Self.samples, Self.width], .f32), result = Tensor.reals([Int(info.parameters)], .f32)
    for index in 0..<Self.samples * Self.width { targets.memory.assumingMemoryBound(to: Float.self)[index] = 0 }
    let factor = 2 / Double(Self.width)
    var featureView = features.view(), targetView = targets.view(), resultView = result.view()
    var loss = 0.0
    let run = { try check(sode_gradient_run(gradient, &featureView, &targetView, &loss, &resultView)) }
    try run()
    try expect("mean(y(1)²)", factor * loss, Self.checkLoss)
    var sum = 0.0
    for index in 0..<Int(info.parameters) {
      let value = Double(result.memory.assumingMemoryBound(to: Float.self)[index])
      sum += value * value
    }
    try expect("the gradient's norm", factor * sum.squareRoot(), Self.checkNorm)
    let times = try timing.measure(run, beside: peer)
    withExtendedLifetime((features, targets, result)) {}
    return times
  }

  private func expect(_ what: String, _ value: Double, _ expected: Double) throws {
    guard abs(value - expected) <= 1e-4 * expected else { throw BenchmarkError("\(Self.name): \(what) is \(value); the workload's is \(expected)") }
  }
}
