/// m = ½(k + kᵀ), the symmetric part. The map is its own transpose, so gradients are mapped back by the same function.
///
/// - Parameters: k, m: square, any strides; m may be k. A large matrix is computed in pieces, as by `antisymmetrize`.
package func symmetrize(_ k: Matrix, into m: Matrix) {
  precondition(k.rows == k.columns && m.rows == k.rows && m.columns == k.columns && m.precision == k.precision, "symmetrize: shapes")
  switch k.precision {
  case .float32: symmetrizeElements(k, m, as: Float.self)
  case .float64: symmetrizeElements(k, m, as: Double.self)
  }
}

@inline(__always) private func symmetrizeElements<Number: BinaryFloatingPoint>(_ k: Matrix, _ m: Matrix, as number: Number.Type) {
  let source = UnsafeRawPointer(k.base).assumingMemoryBound(to: Number.self)
  let target = m.base.assumingMemoryBound(to: Number.self)
  forEachPiece(of: k.rows, SquarePieces.rows(k.rows)) { rows in
    for row in rows {
      for column in 0...row {
        let mean = 0.5 * (source[row * k.rowStride + column * k.columnStride] + source[column * k.rowStride + row * k.columnStride])
        target[row * m.rowStride + column * m.columnStride] = mean
        target[column * m.rowStride + row * m.columnStride] = mean
      }
    }
  }
}
