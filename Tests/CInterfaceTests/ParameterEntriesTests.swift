import CStableODE
import Testing

struct ParameterEntriesTests {
  /// The tensors, in order, tile the vector of all parameters.
  @Test func tensorsTileTheVector() throws {
    let network = try TestNetwork()
    let all = network.parameters
    var offset = 0
    for index in 0..<network.info.tensors {
      var name: UnsafePointer<CChar>?
      var ndim: Int32 = 0
      var shape = [Int64](repeating: 0, count: 4)
      #expect(sode_network_parameter_at(network.handle, index, &name, &ndim, &shape) == SODE_OK)
      let extents = shape.prefix(Int(ndim)).map(Int.init)
      var values = [Float](repeating: .nan, count: extents.reduce(1, *))
      withTensor(&values, extents) { #expect(sode_network_get_parameter(network.handle, name, $0) == SODE_OK) }
      #expect(values == Array(all[offset..<offset + values.count]))
      offset += values.count
    }
    #expect(offset == all.count)
  }

  @Test func settingOneLeavesTheOthers() throws {
    let network = try TestNetwork()
    let before = network.parameters
    var bias: [Double] = [1, 2, 3]
    withTensor(&bias, [3]) { #expect(sode_network_set_parameter(network.handle, "readout.b", $0) == SODE_OK) }
    #expect(network.parameters == before.dropLast(3) + [1, 2, 3])
    bias[1] = .nan
    withTensor(&bias, [3]) { #expect(sode_network_set_parameter(network.handle, "readout.b", $0) == SODE_ERR_NOT_FINITE) }
    withTensor(&bias, [3]) { #expect(sode_network_set_parameter(network.handle, "readout.d", $0) == SODE_ERR_UNKNOWN_NAME) }
    withTensor(&bias, [3, 1]) { #expect(sode_network_set_parameter(network.handle, "readout.b", $0) == SODE_ERR_SHAPE_MISMATCH) }
    withTensor(&bias, [3]) { #expect(sode_network_set_parameters(network.handle, $0) == SODE_ERR_SHAPE_MISMATCH) }
    #expect(network.parameters == before.dropLast(3) + [1, 2, 3])
  }

  @Test func integersAreRead() throws {
    let network = try TestNetwork()
    var bias: [Int32] = [4, -5, 6]
    withTensor(&bias, [3]) { #expect(sode_network_set_parameter(network.handle, "readout.b", $0) == SODE_OK) }
    #expect(network.parameters.suffix(3) == [4, -5, 6])
    withTensor(&bias, [3]) { #expect(sode_network_get_parameter(network.handle, "readout.b", $0) == SODE_ERR_UNSUPPORTED_TYPE) }
  }

  /// A call under a token that was requested copies nothing: neither the caller's array nor the network changes.
  @Test func aCancelledCallChangesNothing() throws {
    let network = try TestNetwork()
    let before = network.parameters
    var token: OpaquePointer?
    #expect(sode_cancel_token_create(&token) == SODE_OK && sode_cancel_token_request(token) == SODE_OK)
    defer { sode_cancel_token_free(token) }
    var limits = sode_limits()
    (limits.struct_size, limits.cancel) = (UInt32(MemoryLayout<sode_limits>.size), token)
    #expect(sode_set_thread_limits(&limits) == SODE_OK)
    var (all, bias) = ([Float](repeating: 7, count: before.count), [Float](repeating: 7, count: 3))
    withTensor(&all, [all.count]) {
      #expect(sode_network_get_parameters(network.handle, $0) == SODE_CANCELLED && sode_network_set_parameters(network.handle, $0) == SODE_CANCELLED)
    }
    withTensor(&bias, [3]) {
      #expect(sode_network_get_parameter(network.handle, "readout.b", $0) == SODE_CANCELLED && sode_network_set_parameter(network.handle, "readout.b", $0) == SODE_CANCELLED)
    }
    #expect(sode_set_thread_limits(nil) == SODE_OK)
    #expect(all.allSatisfy { $0 == 7 } && bias == [7, 7, 7] && network.parameters == before)
  }
}
