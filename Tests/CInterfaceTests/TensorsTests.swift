import CStableODE
import Testing

struct TensorsTests {
  /// The library reads a transposed, reversed view of f64 memory according to its strides.
  @Test func anyStridesAreRead() throws {
    let network = try TestNetwork()
    let shape = [3, 4, 4]
    // Element (layer, i, k) lies at 47 − (16·layer + 4·k + i): everything backwards, matrices transposed.
    var numbers = [Double](repeating: 0, count: 48)
    for layer in 0..<3 { for i in 0..<4 { for k in 0..<4 { numbers[47 - (16 * layer + 4 * k + i)] = Double(100 * layer + 10 * i + k) } } }
    numbers.withUnsafeMutableBytes { memory in
      var extents = shape.map(Int64.init)
      var strides: [Int64] = [-16, -1, -4]
      extents.withUnsafeMutableBufferPointer { extents in
        strides.withUnsafeMutableBufferPointer { strides in
          var tensor = sode_tensor_dense(memory.baseAddress, 2, 64, 3, extents.baseAddress)
          tensor.strides = strides.baseAddress
          tensor.byte_offset = 47 * 8
          #expect(sode_network_set_parameter(network.handle, "blocks.0.K", &tensor) == SODE_OK, "\(lastError())")
        }
      }
    }
    var read = [Float](repeating: -1, count: 48)
    withTensor(&read, shape) { #expect(sode_network_get_parameter(network.handle, "blocks.0.K", $0) == SODE_OK) }
    for layer in 0..<3 { for i in 0..<4 { for k in 0..<4 { #expect(read[16 * layer + 4 * i + k] == Float(100 * layer + 10 * i + k)) } } }
  }

  /// A tensor without elements needs no memory; the library refuses its shape, not its pointer.
  @Test func emptyTensorsAreNotFollowed() throws {
    let network = try TestNetwork()
    var extents: [Int64] = [0, 2]
    extents.withUnsafeMutableBufferPointer { extents in
      var tensor = sode_tensor_dense(nil, 2, 32, 2, extents.baseAddress)
      var result = tensor
      #expect(sode_network_predict(network.handle, &tensor, 0, 1, &result) == SODE_ERR_INVALID_DATA)
      #expect(lastError().contains("0 samples"))
    }
  }

  @Test func unknownTypesAndDevicesAreNamed() throws {
    let network = try TestNetwork()
    var values: [Float] = [1, 2]
    withTensor(&values, [1, 2]) { tensor in
      tensor.pointee.dtype.code = 4  // bfloat in DLPack
      #expect(sode_network_predict(network.handle, tensor, 0, 1, tensor) == SODE_ERR_UNSUPPORTED_TYPE)
      #expect(lastError().contains("code 4, 32 bits"))
      tensor.pointee.dtype.code = 2
      tensor.pointee.device.device_type = 2  // CUDA
      #expect(sode_network_predict(network.handle, tensor, 0, 1, tensor) == SODE_ERR_UNSUPPORTED_TYPE)
      #expect(lastError().contains("device"))
    }
  }
}
