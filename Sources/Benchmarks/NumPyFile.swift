import CStableODE
import Foundation

/// An array in this program's memory, in the form that the C interface takes.
final class Tensor {
  let shape: [Int]
  let memory: UnsafeMutableRawPointer
  private let extents: UnsafeMutablePointer<Int64>
  private let elementType: sode_data_type

  init(shape: [Int], elementType: sode_data_type) {
    self.shape = shape
    self.elementType = elementType
    memory = .allocate(byteCount: max(1, shape.reduce(1, *) * Int(elementType.bits) / 8), alignment: 64)
    extents = .allocate(capacity: 4 * max(1, shape.count))
  }

  deinit {
    memory.deallocate()
    extents.deallocate()
  }

  static func reals(_ shape: [Int], _ precision: Workload.Precision) -> Tensor {
    Tensor(shape: shape, elementType: sode_data_type(code: 2, bits: precision.bits, lanes: 1))
  }

  var isBytes: Bool { elementType.code == 1 && elementType.bits == 8 }

  /// The first `rows` rows, dense. The view is valid until the next view is made or this object is freed.
  func view(rows: Int? = nil) -> sode_tensor {
    var tensor = dense
    for (axis, extent) in shape.enumerated() { extents[axis] = Int64(axis == 0 ? rows ?? extent : extent) }
    tensor.strides = nil
    return tensor
  }

  /// The same memory with the last two axes exchanged: the transpose of each matrix.
  func transposedView() -> sode_tensor {
    let last = shape.count - 1
    let strides = extents + 2 * shape.count
    for axis in shape.indices {
      extents[axis] = Int64(shape[axis])
      strides[axis] = Int64(shape[(axis + 1)...].reduce(1, *))
    }
    swap(&extents[last], &extents[last - 1])
    swap(&strides[last], &strides[last - 1])
    var tensor = dense
    tensor.strides = strides
    return tensor
  }

  private var dense: sode_tensor {
    sode_tensor(
      data: memory, device: sode_device(device_type: 1, device_id: 0), ndim: Int32(shape.count), dtype: elementType, shape: extents, strides: nil, byte_offset: 0)
  }

  /// A dense real copy, multiplied by a factor.
  func converted(to precision: Workload.Precision, rows: Int, scale: Double = 1) -> Tensor {
    let result = Tensor.reals([rows] + shape.dropFirst(), precision)
    for index in 0..<result.shape.reduce(1, *) {
      let value: Double =
        if isBytes { Double(memory.assumingMemoryBound(to: UInt8.self)[index]) }
        else if elementType.bits == 32 { Double(memory.assumingMemoryBound(to: Float.self)[index]) }
        else { memory.assumingMemoryBound(to: Double.self)[index] }
      switch precision {
      case .f32: result.memory.assumingMemoryBound(to: Float.self)[index] = Float(value * scale)
      case .f64: result.memory.assumingMemoryBound(to: Double.self)[index] = value * scale
      }
    }
    return result
  }
}

/// Reads NumPy's .npy format, versions 1 and 2, in C order and little-endian.
func readNumPyFile(_ path: String) throws -> Tensor {
  let data = try Data(contentsOf: URL(fileURLWithPath: path))
  func bad(_ what: String) -> BenchmarkError { BenchmarkError("\(path): \(what)") }
  guard data.count > 12, data.prefix(6) == Data([0x93]) + Data("NUMPY".utf8) else { throw bad("not a .npy file") }
  let lengthBytes = data[6] == 1 ? 2 : 4
  let headerLength = (0..<lengthBytes).reduce(0) { $0 | Int(data[8 + $1]) << (8 * $1) }
  let start = 8 + lengthBytes + headerLength
  let header = String(decoding: data[(8 + lengthBytes)..<start], as: UTF8.self)
  guard header.contains("'fortran_order': False"), let shapeText = header.firstMatch(of: #/'shape': \(([0-9, ]*)\)/#),
    let typeText = header.firstMatch(of: #/'descr': '([<|][fiu][0-9])'/#)
  else { throw bad("unexpected header \(header)") }
  let types: [Substring: sode_data_type] = [
    "<f4": sode_data_type(code: 2, bits: 32, lanes: 1), "<f8": sode_data_type(code: 2, bits: 64, lanes: 1),
    "<i4": sode_data_type(code: 0, bits: 32, lanes: 1), "<i8": sode_data_type(code: 0, bits: 64, lanes: 1), "|u1": sode_data_type(code: 1, bits: 8, lanes: 1),
  ]
  guard let type = types[typeText.1] else { throw bad("unexpected type \(typeText.1)") }
  let tensor = Tensor(shape: shapeText.1.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }, elementType: type)
  let byteCount = tensor.shape.reduce(1, *) * Int(type.bits) / 8
  guard data.count == start + byteCount else { throw bad("\(data.count - start) bytes of data; its header says \(byteCount)") }
  data.copyBytes(to: tensor.memory.assumingMemoryBound(to: UInt8.self), from: start..<data.count)
  return tensor
}
