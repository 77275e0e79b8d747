/// The labels of `count` samples, from row `start` of the list or of the permutation `rows`.
package func gatherLabels(_ labels: UnsafePointer<Int32>, rows: UnsafePointer<Int64>?, start: Int, count: Int, into out: UnsafeMutablePointer<Int32>) {
  for column in 0..<count { out[column] = labels[rows.map { Int($0[start + column]) } ?? start + column] }
}

/// The class of each of the first `count` samples: the row of the largest score, the first of equals; with one row, 1 where the score is positive.
///
/// `out` has one column of integers or floats, row `startRow` on.
package func scatterClasses(_ scores: Block, count: Int, to out: MutableTensorView, startRow: Int) {
  switch scores.precision {
  case .float32: scatterClasses(scores, count, out, startRow, as: Float.self)
  case .float64: scatterClasses(scores, count, out, startRow, as: Double.self)
  }
}

@inline(__always) private func scatterClasses<Number: BinaryFloatingPoint>(
  _ scores: Block, _ count: Int, _ out: MutableTensorView, _ startRow: Int, as number: Number.Type
) {
  let score = UnsafeRawPointer(scores.base).assumingMemoryBound(to: Number.self)
  for column in 0..<count {
    var best = 0
    if scores.rows == 1 {
      best = score[column] > 0 ? 1 : 0
    } else {
      for row in 1..<scores.rows where score[row * scores.stride + column] > score[best * scores.stride + column] { best = row }
    }
    out.store(integer: best, row: startRow + column)
  }
}

extension MutableTensorView {
  /// Writes an integer to column 0 of a row, in the tensor's own type.
  fileprivate func store(integer value: Int, row: Int) {
    let address = base + row * rowStride * type.byteCount
    switch type {
    case .float32: address.storeBytes(of: Float(value), as: Float.self)
    case .float64: address.storeBytes(of: Double(value), as: Double.self)
    case .uint8: address.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
    case .int8: address.storeBytes(of: Int8(truncatingIfNeeded: value), as: Int8.self)
    case .int32: address.storeBytes(of: Int32(truncatingIfNeeded: value), as: Int32.self)
    case .int64: address.storeBytes(of: Int64(value), as: Int64.self)
    }
  }
}
