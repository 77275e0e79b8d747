/// Products of a matrix with a box of vectors, rounded outward, and copies of a matrix scaled for bounds that hold on the box.
///
/// For x between c − r and c + r, Wx lies between Wc − |W|r and Wc + |W|r. All is computed in Double; a sum of n products is wrong by at most (n + 2)·2⁻⁵³·|W|(|c| + r), and the box is widened by twice as much (Rump 2010, "Verification methods", §9).
package struct IntervalProducts {
  package let rows: Int
  package let columns: Int
  private let entries: [Double]

  /// - Parameter antisymmetry: nil for W itself; γ for ½(W − Wᵀ − γI), whose entries are rounded once.
  package init(_ matrix: Matrix, antisymmetry gamma: Double? = nil) {
    (rows, columns) = (matrix.rows, matrix.columns)
    let count = rows == 0 || columns == 0 ? 0 : (rows - 1) * matrix.rowStride + (columns - 1) * matrix.columnStride + 1
    let numbers = Vector(matrix.base, count: count, precision: matrix.precision)
    func entry(_ i: Int, _ j: Int) -> Double { numbers.load(i * matrix.rowStride + j * matrix.columnStride) }
    var entries: [Double] = []
    entries.reserveCapacity(rows * columns)
    for i in 0..<rows {
      for j in 0..<columns { entries.append(gamma.map { 0.5 * (entry(i, j) - entry(j, i)) - (i == j ? 0.5 * $0 : 0) } ?? entry(i, j)) }
    }
    self.entries = entries
  }

  /// A box that holds Wx + b for all x of a box.
  package func apply(_ lower: [Double], _ upper: [Double], bias: [Double]) -> (lower: [Double], upper: [Double]) {
    let center = zip(lower, upper).map { 0.5 * $0 + 0.5 * $1 }
    let radius = zip(zip(lower, upper), center).map { max($0.1 - $1, $1 - $0.0).nextUp }
    var (low, high) = (bias, bias)
    for i in 0..<rows {
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
  package func applyTransposed(_ lower: [Double], _ upper: [Double]) -> (lower: [Double], upper: [Double]) {
    var (sums, spreads, sizes) = (Array(repeating: 0.0, count: columns), Array(repeating: 0.0, count: columns), Array(repeating: 0.0, count: columns))
    for i in 0..<rows {
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
  package func write(scaledBy d: [Double], stepSize h: Double? = nil, into out: Matrix) {
    precondition(out.precision == .float64 && out.columnStride == 1 && out.rows == rows && out.columns == columns, "a dense matrix of Doubles")
    let target = Vector(out.base, count: rows * out.rowStride, precision: .float64)
    for i in 0..<rows {
      for j in 0..<columns {
        let value = d[i] * entries[i * columns + j]
        target.store(h.map { (i == j ? 1 : 0) + $0 * value } ?? value, at: i * out.rowStride + j)
      }
    }
  }
}
