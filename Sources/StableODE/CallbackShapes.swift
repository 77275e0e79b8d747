import CStableODE
import LinearAlgebra
import Settings

/// The shapes and strides of tensors handed to callbacks, in memory that lives as long as this object: making a tensor allocates nothing.
final class CallbackShapes {
  private let memory: Buffer
  private let numbers: UnsafeMutablePointer<Int64>

  /// - Throws: `memory`.
  init() throws(Failure) {
    memory = try Buffer(count: 24, precision: .float64)
    numbers = memory.rowNumbers(count: 24)
  }

  /// A block of rows × samples as a tensor of samples × rows, or of samples × steps × the rows of a step. `slot`, 0 … 3, is a different one for each tensor of a call.
  func tensor(_ slot: Int, _ block: Block, samples: Int, steps: Int? = nil) -> sode_tensor {
    guard let steps else { return make(slot, block.base, ElementType(block.precision), [samples, block.rows], [1, block.stride]) }
    let width = block.rows / steps
    return make(slot, block.base, ElementType(block.precision), [samples, steps, width], [1, width * block.stride, block.stride])
  }

  /// Labels, one per sample.
  func labels(_ slot: Int, _ labels: UnsafeMutablePointer<Int32>, samples: Int) -> sode_tensor { make(slot, labels, .int32, [samples], [1]) }

  /// Labels of the steps of samples, of which those of a step lie one after the other, `columns` apart from those of the next.
  func stepLabels(_ slot: Int, _ labels: UnsafeMutablePointer<Int32>, samples: Int, steps: Int, columns: Int) -> sode_tensor {
    make(slot, labels, .int32, [samples, steps], [1, columns])
  }

  /// A vector's numbers.
  func vector(_ slot: Int, _ vector: Vector) -> sode_tensor { make(slot, vector.base, ElementType(vector.precision), [vector.count], [1]) }

  /// A caller's array in its type; with steps, as samples × steps × the columns of a step.
  func view(_ slot: Int, _ view: TensorView, steps: Int? = nil) -> sode_tensor {
    let (base, stride) = (UnsafeMutableRawPointer(mutating: view.base), view.columnStride ?? 0)
    guard let steps else { return make(slot, base, view.type, [view.rows, view.columns], [view.rowStride, stride]) }
    let width = view.columns / steps
    return make(slot, base, view.type, [view.rows, steps, width], [view.rowStride, width * stride, stride])
  }

  private func make<let axes: Int>(
    _ slot: Int, _ data: UnsafeMutableRawPointer, _ type: ElementType, _ shape: InlineArray<axes, Int>, _ strides: InlineArray<axes, Int>
  ) -> sode_tensor {
    let place = numbers + 6 * slot
    for axis in 0..<axes { (place[axis], place[axes + axis]) = (Int64(shape[axis]), Int64(strides[axis])) }
    return sode_tensor(
      data: data, device: sode_device(device_type: 1, device_id: 0), ndim: Int32(axes), dtype: dataType(type), shape: place, strides: place + axes, byte_offset: 0)
  }
}
