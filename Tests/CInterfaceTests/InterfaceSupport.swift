import CStableODE
import StableODE
import Testing

/// These tests call the C interface through its header, like any C program. The programs in c/ test the installed library; these tests cover each
/// source file of the module.

/// The message of this thread's last failing call.
func lastError() -> String { String(cString: sode_last_error_message()) }

/// A network that is freed at the end of the test.
final class TestNetwork {
  let handle: OpaquePointer

  init(_ json: String = #"{"inputs": 2, "outputs": 3, "width": 4, "layers": 3}"#) throws {
    var made: OpaquePointer?
    #expect(sode_network_create_json(json, -1, &made) == SODE_OK, "\(lastError())")
    handle = try #require(made)
  }

  deinit { sode_network_free(handle) }

  var info: sode_network_info {
    var info = sode_network_info()
    info.struct_size = UInt32(MemoryLayout<sode_network_info>.size)
    #expect(sode_network_describe(handle, &info) == SODE_OK)
    return info
  }

  var parameters: [Float] {
    var values = [Float](repeating: .nan, count: Int(info.parameters))
    withTensor(&values, [values.count]) { #expect(sode_network_get_parameters(handle, $0) == SODE_OK) }
    return values
  }
}

/// Calls `body` with a dense tensor over an array.
func withTensor<Number, Result>(
  _ numbers: inout [Number], _ shape: [Int], strides: [Int]? = nil, _ body: (UnsafeMutablePointer<sode_tensor>) throws -> Result
) rethrows -> Result {
  var extents = shape.map(Int64.init)
  var steps = strides.map { $0.map(Int64.init) } ?? []
  let (code, bits): (UInt8, UInt8) =
    switch Number.self {
    case is Float.Type: (2, 32)
    case is Double.Type: (2, 64)
    case is UInt8.Type: (1, 8)
    case is Int32.Type: (0, 32)
    default: (0, 64)
    }
  return try numbers.withUnsafeMutableBytes { memory in
    try extents.withUnsafeMutableBufferPointer { extents in
      try steps.withUnsafeMutableBufferPointer { steps in
        var tensor = sode_tensor_dense(memory.baseAddress, code, bits, Int32(shape.count), extents.baseAddress)
        if strides != nil { tensor.strides = steps.baseAddress }
        return try body(&tensor)
      }
    }
  }
}

/// A data set of six points in the plane with three classes, which is freed at the end of the test.
final class TestDataset {
  let handle: OpaquePointer

  init(labels: [Int32] = [0, 1, 2, 0, 1, 2]) throws {
    var points: [Float] = (0..<2 * labels.count).map { Float($0) / 10 }
    var labels = labels
    let count = labels.count
    var made: OpaquePointer?
    withTensor(&points, [count, 2]) { x in
      withTensor(&labels, [count]) { y in #expect(sode_dataset_create(x, y, &made) == SODE_OK, "\(lastError())") }
    }
    handle = try #require(made)
  }

  deinit { sode_dataset_free(handle) }
}
