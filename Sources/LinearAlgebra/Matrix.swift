/// A view of a matrix of weights, outputs × inputs, with any strides: the transpose is the same memory with the strides exchanged.
package struct Matrix: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let rows: Int
  package let columns: Int
  /// Elements from one row to the next, and from one column to the next. One of the two is 1.
  package let rowStride: Int
  package let columnStride: Int
  package let precision: Precision

  @inlinable package init(_ base: UnsafeMutableRawPointer, rows: Int, columns: Int, rowStride: Int, columnStride: Int, precision: Precision) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.precision = precision
  }

  /// A dense row-major matrix.
  @inlinable package init(_ base: UnsafeMutableRawPointer, rows: Int, columns: Int, precision: Precision) {
    self.init(base, rows: rows, columns: columns, rowStride: columns, columnStride: 1, precision: precision)
  }

  /// The part of `rows` × `columns` from a row and a column on.
  package func part(_ row: Int, _ column: Int, _ rows: Int, _ columns: Int) -> Matrix {
    precondition(row >= 0 && column >= 0 && row + rows <= self.rows && column + columns <= self.columns, "part outside a matrix")
    return Matrix(
      base + (row * rowStride + column * columnStride) * precision.byteCount, rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride, precision: precision)
  }

  /// Whether its numbers lie without gaps, row by row or column by column.
  var isDense: Bool { rowStride == 1 && columnStride == rows || columnStride == 1 && rowStride == columns }

  @inlinable package var transposed: Matrix {
    Matrix(base, rows: columns, columns: rows, rowStride: columnStride, columnStride: rowStride, precision: precision)
  }
}

/// `count` contiguous numbers: parameters, gradients, the state of an optimizer.
package struct Vector: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let count: Int
  package let precision: Precision

  @inlinable package init(_ base: UnsafeMutableRawPointer, count: Int, precision: Precision) {
    self.base = base
    self.count = count
    self.precision = precision
  }

  @inlinable package subscript(range: Range<Int>) -> Vector {
    Vector(base + range.lowerBound * precision.byteCount, count: range.count, precision: precision)
  }
}

/// The bias of an affine map: one number per output (`stride` 1), one number for all outputs (`stride` 0), or none (nil).
package struct Bias: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let stride: Int
  /// Consecutive rows that share a number, such as the pixels of a channel. Dense products take 1; convolutions know their channels themselves.
  package let rows: Int
  @inlinable package init(_ base: UnsafeMutableRawPointer, stride: Int, rows: Int = 1) {
    self.base = base
    self.stride = stride
    self.rows = rows
  }

  /// The bias of the rows from `row` on, where each has its own number or all share one.
  @inlinable package func from(_ row: Int, _ precision: Precision) -> Bias { Bias(base + row * stride * precision.byteCount, stride: stride, rows: rows) }

  /// Calls `body` with each number that several rows share, as one number for all rows of a view, and with the range of these rows.
  @inlinable package func forEachGroup(of count: Int, _ precision: Precision, _ body: (Bias, Range<Int>) -> Void) {
    for index in 0..<count / rows { body(Bias(base + index * stride * precision.byteCount, stride: 0), index * rows..<(index + 1) * rows) }
  }
}

extension Vector {
  /// Number `index` as a Double: for few numbers at a time; whole vectors go through kernels.
  package func load(_ index: Int) -> Double {
    precondition(index >= 0 && index < count, "index outside a vector")
    switch precision {
    case .float32: return Double(base.load(fromByteOffset: index * 4, as: Float.self))
    case .float64: return base.load(fromByteOffset: index * 8, as: Double.self)
    }
  }

  /// Stores a Double, rounded to the vector's precision.
  package func store(_ value: Double, at index: Int) {
    precondition(index >= 0 && index < count, "index outside a vector")
    switch precision {
    case .float32: base.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
    case .float64: base.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
    }
  }
}
