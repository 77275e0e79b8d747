import CStableODE
import Testing

struct StagedResultTests {
  /// If a float64 network's result is too large for a float32 array, the error names its place, and the arrays are unchanged.
  @Test func resultsThatAnArrayCannotHoldAreErrors() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 2, "width": 2, "layers": 1, "precision": "float64", "readout": "identity", "field": "dense", "activation": "identity"}"#)
    var gradient: OpaquePointer?
    #expect(sode_gradient_create(network.handle, 3, nil, 1, &gradient) == SODE_OK)
    defer { sode_gradient_free(gradient) }
    var points: [Double] = [1, 2, 3, 1e39, 5, 6]
    var direction: [Double] = [0, 0, 1e39, 1e39, 0, 0]
    var out = [Float](repeating: 7, count: 6), other = out
    withTensor(&points, [3, 2]) { x in
      withTensor(&out, [3, 2]) { #expect(sode_network_predict(network.handle, x, 0, 1, $0) == SODE_ERR_NOT_FINITE) }
      #expect(lastError() == "row 1: the scores are not finite in float32")
      withTensor(&direction, [3, 2]) { v in
        withTensor(&out, [3, 2]) { #expect(sode_gradient_pushforward(gradient, x, nil, v, nil, $0) == SODE_ERR_NOT_FINITE) }
        #expect(lastError().contains("tangent") && lastError().contains("row 1"))
        withTensor(&out, [3, 2]) { scores in
          withTensor(&other, [3, 2]) { #expect(sode_gradient_pushforward(gradient, x, nil, v, scores, $0) == SODE_ERR_NOT_FINITE) }
        }
        withTensor(&out, [3, 2]) { #expect(sode_gradient_pullback(gradient, x, v, nil, $0) == SODE_ERR_NOT_FINITE) }
        #expect(lastError().contains("feature_gradient") && lastError().contains("row 1"))
      }
      withTensor(&out, [2, 3, 1]) { #expect(sode_network_states(network.handle, 0, x, $0) == SODE_ERR_SHAPE_MISMATCH) }
    }
    #expect(out == [Float](repeating: 7, count: 6) && other == out)
    var states = [Float](repeating: 7, count: 12)
    withTensor(&points, [3, 2]) { x in
      withTensor(&states, [2, 3, 2]) { #expect(sode_network_states(network.handle, 0, x, $0) == SODE_ERR_NOT_FINITE) }
    }
    #expect(lastError() == "row 1: the states of layer 0 are not finite in float32" && states.allSatisfy { $0 == 7 })
  }
}
