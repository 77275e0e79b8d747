/// A view of a matrix of weights, outputs × inputs, with any strides: the transpose is the same memory with the strides exchanged.
package struct Matrix: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let rows: Int
  package let columns: Int
  /// Elements from one row to the next, and from one column to the next. One of the two is 1.
  package let rowStride: Int
  package let columnStride: Int
  package let precision: Precision

  package init(_ base: UnsafeMutableRawPointer, rows: Int, columns: Int, rowStride: Int, columnStride: Int, precision: Precision) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.precision = precision
  }

  /// A dense row-major matrix.
  package init(_ base: UnsafeMutableRawPointer, rows: Int, columns: Int, precision: Precision) {
    self.init(base, rows: rows, columns: columns, rowStride: columns, columnStride: 1, precision: precision)
  }

  package var transposed: Matrix {
    Matrix(base, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride, precision: precision)
  }
}

/// `count` contiguous numbers: parameters, gradients, the state of an optimizer.
package struct Vector: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let count: Int
  package let precision: Precision

  package init(_ base: UnsafeMutableRawPointer, count: Int, precision: Precision) {
    self.base = base
    self.count = count
    self.precision = precision
  }

  package subscript(range: Range<Int>) -> Vector {
    Vector(base + range.lowerBound * precision.byteCount, count: range.count, precision: precision)
  }
}

/// The bias of an affine map: one number an output (`stride` 1), one number for all outputs (`stride` 0), or none (nil).
package struct Bias: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let stride: Int
  package init(_ base: UnsafeMutableRawPointer, stride: Int) {
    self.base = base
    self.stride = stride
  }
}
