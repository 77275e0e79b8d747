import CStableODE
import Testing

struct NetworkEntriesTests {
  @Test func aNetworkDescribesItself() throws {
    let info = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 4, "layers": 3, "precision": "float64"}"#).info
    #expect(info.precision_bits == 64 && info.inputs == 2 && info.outputs == 3 && info.blocks == 1 && info.tensors == 4)
    #expect(info.parameters == 3 * 16 + 3 * 4 + 3 * 4 + 3)
  }

  /// A network made from the JSON of another has the same seed and the same parameters.
  @Test func jsonMakesATwin() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 4, "layers": 3, "seed": 9}"#)
    var needed = 0
    #expect(sode_network_json(network.handle, nil, 0, &needed) == SODE_OK)
    var buffer = [CChar](repeating: 0, count: needed)
    #expect(sode_network_json(network.handle, &buffer, needed, nil) == SODE_OK)
    let twin = try TestNetwork(String(cString: buffer))
    #expect(twin.parameters == network.parameters)
  }

  @Test func copiesPartWays() throws {
    let network = try TestNetwork()
    var copy: OpaquePointer?
    #expect(sode_network_copy(network.handle, &copy) == SODE_OK)
    defer { sode_network_free(copy) }
    let before = network.parameters
    #expect(sode_network_initialize(copy, 123) == SODE_OK)
    #expect(network.parameters == before)
  }

  @Test func normalizationIsSetReadAndRemoved() throws {
    let network = try TestNetwork()
    var shift: [Double] = [1, -2]
    var scale: [Double] = [0.5, 4]
    var read: [Float] = [0, 0]
    withTensor(&read, [2]) { #expect(sode_network_get_normalization(network.handle, $0, nil) == SODE_ERR_STATE) }
    withTensor(&shift, [2]) { shift in
      withTensor(&scale, [2]) { scale in #expect(sode_network_set_normalization(network.handle, shift, scale) == SODE_OK) }
    }
    withTensor(&read, [2]) { #expect(sode_network_get_normalization(network.handle, nil, $0) == SODE_OK) }
    #expect(read == [0.5, 4])
    #expect(sode_network_set_normalization(network.handle, nil, nil) == SODE_OK)
    withTensor(&read, [2]) { #expect(sode_network_get_normalization(network.handle, $0, nil) == SODE_ERR_STATE) }
    var flags: [Double] = [0, 1]
    withTensor(&flags, [2]) { #expect(sode_network_set_squashing(network.handle, $0) == SODE_ERR_STATE) }
    withTensor(&shift, [2]) { shift in #expect(sode_network_set_normalization(network.handle, shift, shift) == SODE_OK) }
    withTensor(&flags, [2]) { #expect(sode_network_set_squashing(network.handle, $0) == SODE_OK) }
    withTensor(&read, [2]) { #expect(sode_network_get_squashing(network.handle, $0) == SODE_OK) }
    #expect(read == [0, 1])
    #expect(sode_network_set_squashing(network.handle, nil) == SODE_OK)
    withTensor(&read, [2]) { #expect(sode_network_get_squashing(network.handle, $0) == SODE_OK) }
    #expect(read == [0, 0])
    withTensor(&shift, [1, 2]) { #expect(sode_network_set_normalization(network.handle, $0, $0) == SODE_ERR_SHAPE_MISMATCH) }
  }
}
