import Settings

/// Products of a matrix with a box of vectors, rounded outward, and copies of a matrix scaled for bounds that hold on the box.
///
/// For x between c − r and c + r, Wx lies between Wc − |W|r and Wc + |W|r. All is computed in Double; a sum of n products is wrong by at most (n + 2)·2⁻⁵³·|W|(|c| + r), and the box is widened by twice as much (Rump 2010, "Verification methods", §9).
package struct IntervalProducts {
  package let rows: Int
  package let columns: Int
  private let entries: DoubleEntries

  /// - Parameter antisymmetry: nil for W itself; γ for ½(W − Wᵀ − γI), whose entries are rounded once.
  /// - Throws: `memory`; why the work must end.
  package init(_ matrix: Matrix, antisymmetry gamma: Double? = nil) throws(Failure) {
    (rows, columns) = (matrix.rows, matrix.columns)
    entries = try DoubleEntries(of: matrix, antisymmetry: gamma)
  }

  /// A box that holds Wx + b for all x of a box.
  /// - Throws: why the work must end; so do the others.
  package func apply(_ lower: [Double], _ upper: [Double], bias: [Double]) throws(Failure) -> (lower: [Double], upper: [Double]) {
    let center = zip(lower, upper).map { 0.5 * $0 + 0.5 * $1 }
    let radius = zip(zip(lower, upper), center).map { max($0.1 - $1, $1 - $0.0).nextUp }
    var (low, high) = (bias, bias)
    for i in 0..<rows {
      if i % 64 == 0 { try Watch.check() }
      var (sum, spread, size) = (bias[i], 0.0, abs(bias[i]))
      for j in 0..<columns {
        let w = entries[i * columns + j]
        sum += w * center[j]
        spread += abs(w) * radius[j]
        size += abs(w) * (abs(center[j]) + radius[j])
      }
      // Entries of an antisymmetric part are rounded, too.
      let reach = spread + Double(columns + 8) * 0x1p-51 * size + 0x1p-1000
      (low[i], high[i]) = ((sum - reach).nextDown, (sum + reach).nextUp)
    }
    return (low, high)
  }

  /// The same for Wᵀ, without a bias.
  package func applyTransposed(_ lower: [Double], _ upper: [Double]) throws(Failure) -> (lower: [Double], upper: [Double]) {
    var (sums, spreads, sizes) = (Array(repeating: 0.0, count: columns), Array(repeating: 0.0, count: columns), Array(repeating: 0.0, count: columns))
    for i in 0..<rows {
      if i % 64 == 0 { try Watch.check() }
      let center = 0.5 * lower[i] + 0.5 * upper[i]
      let radius = max(upper[i] - center, center - lower[i]).nextUp
      for j in 0..<columns {
        let w = entries[i * columns + j]
        sums[j] += w * center
        spreads[j] += abs(w) * radius
        sizes[j] += abs(w) * (abs(center) + radius)
      }
    }
    let reach = (0..<columns).map { spreads[$0] + Double(rows + 8) * 0x1p-51 * sizes[$0] + 0x1p-1000 }
    return ((0..<columns).map { (sums[$0] - reach[$0]).nextDown }, (0..<columns).map { (sums[$0] + reach[$0]).nextUp })
  }

  /// Writes diag(d)W, or with a step size h I + h·diag(d)W, to a matrix of Doubles; each entry is rounded at most three times.
  package func write(scaledBy d: [Double], stepSize h: Double? = nil, into out: Matrix) throws(Failure) {
    precondition(out.precision == .float64 && out.columnStride == 1 && out.rows == rows && out.columns == columns, "a dense matrix of Doubles")
    let target = Vector(out.base, count: rows * out.rowStride, precision: .float64)
    for i in 0..<rows {
      if i % 64 == 0 { try Watch.check() }
      for j in 0..<columns {
        let value = d[i] * entries[i * columns + j]
        target.store(h.map { (i == j ? 1 : 0) + $0 * value } ?? value, at: i * out.rowStride + j)
      }
    }
  }
}
