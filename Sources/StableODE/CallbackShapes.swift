import CStableODE
import LinearAlgebra
import Settings

/// The shapes and strides of tensors handed to callbacks, in memory that lives as long as this object: making a tensor allocates nothing.
final class CallbackShapes {
  private let memory: Buffer
  private let numbers: UnsafeMutablePointer<Int64>

  /// - Throws: `memory`.
  init() throws(Failure) {
    memory = try Buffer(count: 16, precision: .float64)
    numbers = memory.rowNumbers(count: 16)
  }

  /// A block of rows × samples as a tensor of samples × rows. `slot`, 0 … 3, is a different one for each tensor of a call.
  func tensor(_ slot: Int, _ block: Block, samples: Int) -> sode_tensor {
    make(slot, block.base, ElementType(block.precision), 2, (samples, block.rows), (1, block.stride))
  }

  /// Labels, one per sample.
  func labels(_ slot: Int, _ labels: UnsafeMutablePointer<Int32>, samples: Int) -> sode_tensor { make(slot, labels, .int32, 1, (samples, 1), (1, 1)) }

  /// A vector's numbers.
  func vector(_ slot: Int, _ vector: Vector) -> sode_tensor { make(slot, vector.base, ElementType(vector.precision), 1, (vector.count, 1), (1, 1)) }

  /// A caller's array in its type.
  func view(_ slot: Int, _ view: TensorView) -> sode_tensor {
    make(slot, UnsafeMutableRawPointer(mutating: view.base), view.type, 2, (view.rows, view.columns), (view.rowStride, view.columnStride ?? 0))
  }

  private func make(_ slot: Int, _ data: UnsafeMutableRawPointer, _ type: ElementType, _ axes: Int, _ shape: (Int, Int), _ strides: (Int, Int)) -> sode_tensor {
    let place = numbers + 4 * slot
    (place[0], place[1], place[2], place[3]) = (Int64(shape.0), Int64(shape.1), Int64(strides.0), Int64(strides.1))
    return sode_tensor(
      data: data, device: sode_device(device_type: 1, device_id: 0), ndim: Int32(axes), dtype: dataType(type), shape: place, strides: place + 2, byte_offset: 0)
  }
}
