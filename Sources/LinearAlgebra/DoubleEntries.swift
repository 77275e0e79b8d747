import Settings

/// A copy of a matrix of a network in Double, row by row, or of its antisymmetric part.
struct DoubleEntries {
  private let buffer: Buffer

  /// - Parameter antisymmetry: nil for W itself; γ for ½(W − Wᵀ − γI).
  /// - Throws: `memory`; why the work must end.
  init(of matrix: Matrix, antisymmetry gamma: Double? = nil) throws(Failure) {
    precondition(gamma == nil || matrix.rows == matrix.columns, "the antisymmetric part of a square matrix")
    let (count, overflow) = matrix.rows.multipliedReportingOverflow(by: matrix.columns)
    buffer = try Buffer(count: overflow ? -1 : count, precision: .float64)
    guard count > 0 else { return }
    let numbers = Vector(matrix.base, count: (matrix.rows - 1) * matrix.rowStride + (matrix.columns - 1) * matrix.columnStride + 1, precision: matrix.precision)
    func entry(_ i: Int, _ j: Int) -> Double { numbers.load(i * matrix.rowStride + j * matrix.columnStride) }
    let target = buffer.vector(count: count, precision: .float64)
    for i in 0..<matrix.rows {
      try Watch.pieces(matrix.columns) { columns in
        for j in columns {
          let value = gamma.map { 0.5 * (entry(i, j) - entry(j, i)) - (i == j ? 0.5 * $0 : 0) } ?? entry(i, j)
          target.store(value, at: i * matrix.columns + j)
        }
      }
    }
  }

  @inline(__always) subscript(_ index: Int) -> Double { UnsafeRawPointer(buffer.base).load(fromByteOffset: 8 * index, as: Double.self) }
}
