/// out = x for matrices of any strides: transposes when the strides of the two differ in order. A large matrix is copied in pieces, as by `antisymmetrize`.
package func copy(_ x: Matrix, into out: Matrix) {
  precondition(x.rows == out.rows && x.columns == out.columns && x.precision == out.precision, "copy between matrices of different shape")
  switch x.precision {
  case .float32: copyElements(x, out, as: UInt32.self)
  case .float64: copyElements(x, out, as: UInt64.self)
  }
}

/// Copies bit patterns, so one body works for both precisions.
@inline(__always) private func copyElements<Bits: FixedWidthInteger>(_ x: Matrix, _ out: Matrix, as bits: Bits.Type) {
  let source = UnsafeRawPointer(x.base).assumingMemoryBound(to: Bits.self)
  let target = out.base.assumingMemoryBound(to: Bits.self)
  forEachPiece(of: x.rows, SquarePieces.rows(x.columns)) { rows in
    for row in rows {
      for column in 0..<x.columns {
        target[row * out.rowStride + column * out.columnStride] = source[row * x.rowStride + column * x.columnStride]
      }
    }
  }
}
