import CKernels

/// m = ½(k − kᵀ − γI), whose symmetric part is −½γI: the eigenvalues of the layer have real part −γ/2.
///
/// Source: Haber & Ruthotto (2017), "Stable architectures for deep neural networks", eq. (16); here the factor ½ applies to the damping as well.
/// - Parameters: k, m: square, any strides; m may be k when their memory is laid out in the same order.
///
/// A large matrix is computed in pieces of rows. Between them this thread's watch is asked; if the work must end, the remaining rows are left out.
package func antisymmetrize(_ k: Matrix, damping gamma: Double, into m: Matrix) {
  var call = SquareCall(
    size: k.rows, diagonal: gamma, x: k.base, xRowStride: k.rowStride, xColumnStride: k.columnStride, out: m.base, outRowStride: m.rowStride, outColumnStride: m.columnStride, firstRow: 0, endRow: k.rows)
  if SquarePieces.isOne(k.rows) || !k.isDense || !m.isDense { return Kernels.table(m.precision).pointee.antisymmetrize(&call) }
  let rows = SquarePieces.rows(k.rows)
  if k.base != m.base {
    // The kernel copies its argument before it begins, which would be one long piece.
    forEachPiece(of: k.rows, rows) { rows in
      let bytes = k.rows * k.precision.byteCount
      (m.base + rows.lowerBound * bytes).copyMemory(from: k.base + rows.lowerBound * bytes, byteCount: rows.count * bytes)
    }
    call.x = UnsafeRawPointer(m.base)
  }
  forEachPiece(of: k.rows, rows) { rows in
    (call.firstRow, call.endRow) = (rows.lowerBound, rows.upperBound)
    Kernels.table(m.precision).pointee.antisymmetrize(&call)
  }
}

/// The pieces of rows in which large square matrices are mapped.
enum SquarePieces {
  /// Numbers of one piece: with the accesses to their mirror images they take a few milliseconds.
  static let numbers = 1 << 20

  /// Whether a matrix is mapped in one piece, of at most twice as many numbers.
  @inline(__always) static func isOne(_ size: Int) -> Bool { size &* size < 2 &* numbers }

  /// The rows of one piece, a multiple of 64.
  static func rows(_ size: Int) -> Int { max(64, numbers / max(size, 1) & ~63) }
}
