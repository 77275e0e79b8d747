import CStableODE
import Testing

struct FieldEntriesTests {
  /// For weights that are zero but for b, f = tanh(b); J is zero, and the gradient by b is that of tanh.
  @Test func valuesAndProducts() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 2, "layers": 1, "field": "dense", "readout": "dense", "precision": "float64"}"#)
    var zeros = [Double](repeating: 0, count: Int(network.info.parameters)), gradient = zeros, b = [0.5, -1]
    withTensor(&zeros, [zeros.count]) { #expect(sode_network_set_parameters(network.handle, $0) == SODE_OK) }
    withTensor(&b, [1, 2]) { #expect(sode_network_set_parameter(network.handle, "blocks.0.b", $0) == SODE_OK) }
    var y: [Double] = [1, 2, 3, 4], values = [Double](repeating: 7, count: 4), tangent = values, w: [Double] = [1, 0, 1, 1], times = [0.0, 0.5]
    withTensor(&y, [2, 2]) { y in
      withTensor(&times, [2]) { t in
        withTensor(&values, [2, 2]) { #expect(sode_network_field(network.handle, 0, t, y, $0) == SODE_OK, "\(lastError())") }
        withTensor(&tangent, [2, 2]) { #expect(sode_network_field_pushforward(network.handle, 0, t, y, nil, y, nil, $0) == SODE_OK) }
        withTensor(&w, [2, 2]) { w in
          withTensor(&gradient, [gradient.count]) { #expect(sode_network_field_pullback(network.handle, 0, t, y, w, $0, nil) == SODE_OK) }
          #expect(sode_network_field_pullback(network.handle, 0, t, y, w, nil, nil) == SODE_ERR_NULL_POINTER)
        }
      }
    }
    for place in 0..<4 { #expect(abs(values[place] - [0.46211715726000979, -0.76159415595576485][place % 2]) < 1e-15) }
    #expect(tangent == [0, 0, 0, 0])
    // K has four numbers, then comes b: 2σ'(0.5) and σ'(−1).
    #expect(abs(gradient[4] - 2 * 0.78644773296592745) < 1e-14 && abs(gradient[5] - 0.41997434161402614) < 1e-14)
    // ∂f/∂K = σ' w yᵀ: 1·1 + 1·3 and 1·2 + 1·4.
    #expect(abs(gradient[0] - 4 * 0.78644773296592745) < 1e-14 && abs(gradient[1] - 6 * 0.78644773296592745) < 1e-14)
  }

  /// On errors the results stay as they were.
  @Test func errors() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 4, "layers": 3}"#)
    var y = [Float](repeating: 1, count: 8), values = [Float](repeating: 7, count: 8), times: [Float] = [0, 2], one: [Float] = [0]
    withTensor(&y, [2, 4]) { y in
      withTensor(&values, [2, 4]) { values in
        #expect(sode_network_field(network.handle, 0, nil, y, values) == SODE_ERR_INVALID_ARGUMENT && lastError().contains("depend on time"))
        withTensor(&times, [2]) { #expect(sode_network_field(network.handle, 0, $0, y, values) == SODE_ERR_OUT_OF_RANGE && lastError().contains("element 1")) }
        withTensor(&one, [1]) { #expect(sode_network_field(network.handle, 0, $0, y, values) == SODE_ERR_SHAPE_MISMATCH) }
        #expect(sode_network_field(network.handle, 1, nil, y, values) == SODE_ERR_OUT_OF_RANGE)
        #expect(sode_network_field(network.handle, 0, nil, nil, values) == SODE_ERR_NULL_POINTER)
        #expect(sode_network_field(nil, 0, nil, y, values) == SODE_ERR_NULL_POINTER)
      }
    }
    #expect(values == Array(repeating: 7, count: 8))
  }
}
