import Settings

/// A symmetric positive definite matrix of plain Doubles whose entries vanish `width` or more places from the diagonal: for setup computations of moderate size.
///
/// Cost: order · width numbers; a solve takes order · width · (width + 2 · columns) multiplications.
package struct SymmetricBand {
  package let order: Int
  package let width: Int
  /// Row i: the entries (i, i − width + 1) … (i, i).
  private var entries: [Double]

  /// Zeros.
  /// - Parameter width: entries from the diagonal on that may differ from zero, at least 1; `order` for a full matrix.
  package init(order: Int, width: Int) {
    self.order = order
    self.width = min(width, max(order, 1))
    entries = Array(repeating: 0, count: order * self.width)
  }

  /// The entry (row, column) with column ≤ row < column + width.
  package subscript(row: Int, column: Int) -> Double {
    get { entries[row * width + column - row + width - 1] }
    set { entries[row * width + column - row + width - 1] = newValue }
  }

  /// X ← A⁻¹X for X of `order` × `columns`, row-major, by Cholesky's factorization A = LLᵀ, which replaces A. Source: Golub & Van Loan 2013, "Matrix computations", §4.3.5.
  /// - Throws: `.notFinite` when the matrix is not positive definite up to rounding; why the work must end.
  package mutating func solve(_ right: inout [Double], columns: Int) throws(Failure) {
    precondition(right.count == order * columns, "a right-hand side of another shape")
    for i in 0..<order {
      let start = max(0, i - width + 1)
      for j in start...i {
        var sum = self[i, j]
        for k in max(start, j - width + 1)..<j { sum -= self[i, k] * self[j, k] }
        if i == j {
          guard sum > 0, sum.isFinite else { throw Failure(.notFinite, "a symmetric matrix is not positive definite: pivot \(i) is \(sum)") }
          self[i, i] = sum.squareRoot()
        } else {
          self[i, j] = sum / self[j, j]
        }
      }
    }
    let watch = Watch.current
    right.withUnsafeMutableBufferPointer { right in
      for i in 0..<order where !watch.isOver {
        for k in max(0, i - width + 1)..<i { subtract(self[i, k], of: k, from: i, right, columns) }
        for c in 0..<columns { right[i * columns + c] /= self[i, i] }
      }
      for i in stride(from: order - 1, through: 0, by: -1) where !watch.isOver {
        for k in stride(from: i + 1, to: min(order, i + width), by: 1) { subtract(self[k, i], of: k, from: i, right, columns) }
        for c in 0..<columns { right[i * columns + c] /= self[i, i] }
      }
    }
    try watch.check()
  }

  private func subtract(_ factor: Double, of source: Int, from target: Int, _ rows: UnsafeMutableBufferPointer<Double>, _ columns: Int) {
    guard factor != 0 else { return }
    for c in 0..<columns { rows[target * columns + c] -= factor * rows[source * columns + c] }
  }
}
