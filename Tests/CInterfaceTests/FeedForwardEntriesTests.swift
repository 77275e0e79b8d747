import CStableODE
import Testing

struct FeedForwardEntriesTests {
  private func network(_ integrator: String, precision: String = "float32", horizon: Double = 1) throws -> TestNetwork {
    try TestNetwork(
      #"{"inputs": 2, "outputs": 3, "width": 4, "field": "linear_cubic", "integrator": "\#(integrator)", "layers": 4, "horizon": \#(horizon), "precision": "\#(precision)"}"#)
  }

  /// With the step size ¼, W = I + ¼w and its inverse are exact.
  @Test func weightsGoThereAndBack() throws {
    let network = try network("near_identity")
    let before = network.parameters
    var (weights, biases) = ([Double](repeating: 9, count: 64), [Double](repeating: 9, count: 16))
    withTensor(&weights, [4, 4, 4]) { w in
      withTensor(&biases, [4, 4]) { b in #expect(sode_network_get_feed_forward(network.handle, 0, w, b) == SODE_OK, "\(lastError())") }
    }
    // The block's parameters come first: w of all layers, then b. In float64 a quarter of a float32 number is exact, and so is adding one.
    for (index, weight) in weights.enumerated() { #expect(weight == 0.25 * Double(before[index]) + (index % 16 % 5 == 0 ? 1 : 0)) }
    for (index, bias) in biases.enumerated() { #expect(bias == 0.25 * Double(before[64 + index])) }
    #expect(sode_network_initialize(network.handle, 99) == SODE_OK)
    withTensor(&weights, [4, 4, 4]) { w in
      withTensor(&biases, [4, 4]) { b in #expect(sode_network_set_feed_forward(network.handle, 0, w, b) == SODE_OK, "\(lastError())") }
    }
    // The block has its former parameters again; those of the readout are new.
    #expect(network.parameters.prefix(80) == before.prefix(80))
  }

  @Test func theGapIsOfFirstOrder() throws {
    var gap = sode_near_identity_gap()
    gap.struct_size = UInt32(MemoryLayout<sode_near_identity_gap>.size)
    var points: [Float] = [0.1, 0.2, -0.3, 0.4]
    let network = try network("near_identity")
    withTensor(&points, [2, 2]) { #expect(sode_network_near_identity_gap(network.handle, 0, $0, &gap) == SODE_OK, "\(lastError())") }
    #expect(gap.layers_to_euler_largest > 0 && gap.layers_to_euler_rms <= gap.layers_to_euler_largest && gap.layers_to_flow_largest > 0)
    let dense = try TestNetwork()
    withTensor(&points, [2, 2]) { #expect(sode_network_near_identity_gap(dense.handle, 0, $0, &gap) == SODE_ERR_INCOMPATIBLE) }
  }

  @Test func anOrdinaryNetIsASpecification() throws {
    var (specification, network): (OpaquePointer?, OpaquePointer?) = (nil, nil)
    #expect(sode_specification_create(&specification) == SODE_OK)
    defer { sode_specification_free(specification) }
    #expect(sode_specification_set_int(specification, "inputs", 2) == SODE_OK && sode_specification_set_int(specification, "outputs", 2) == SODE_OK)
    #expect(sode_specification_set_text(specification, "readout", "identity") == SODE_OK && sode_specification_set_text(specification, "loss", "least_squares") == SODE_OK)
    #expect(sode_specification_set_feed_forward(specification, 1, 1, "tanh") == SODE_OK, "\(lastError())")
    #expect(sode_network_create(specification, &network) == SODE_OK, "\(lastError())")
    defer { sode_network_free(network) }
    // One layer tanh(Wx + B), where W swaps the features and B = (0, ½).
    var (weights, biases, x, y): ([Double], [Double], [Float], [Float]) = ([0, 1, 1, 0], [0, 0.5], [0.25, 0.75], [0, 0])
    withTensor(&weights, [1, 2, 2]) { w in
      withTensor(&biases, [1, 2]) { b in #expect(sode_network_set_feed_forward(network, 0, w, b) == SODE_OK, "\(lastError())") }
    }
    withTensor(&x, [1, 2]) { x in
      withTensor(&y, [1, 2]) { #expect(sode_network_predict(network, x, Int32(SODE_SCORES), 1, $0) == SODE_OK) }
    }
    // Both features are tanh 0.75.
    #expect(abs(y[0] - 0.63514895) < 1e-6 && abs(y[1] - 0.63514895) < 1e-6)
    #expect(sode_specification_set_feed_forward(specification, 1, 1, "tanhh") == SODE_ERR_UNKNOWN_NAME)
  }
}
