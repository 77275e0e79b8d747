import Settings

/// The nearest matrix to A, in the Frobenius norm, whose rows have sums of magnitudes of at most c: ‖·‖_∞ ≤ c. Each row with a larger sum is projected on that ball of ℓ₁: a ↦ sign(a)·max(|a| − θ, 0), with the θ for which the sum is c.
///
/// Source: Duchi et al. 2008, "Efficient projections onto the ℓ₁-ball", §3; θ by Michelot's iteration (1986), which needs no order: θ = (Σ|a_j| − c)/n over the n numbers above the last θ, until none leaves.
///
/// Cost: a pass over the row for each step of the iteration, of which there are few.
package enum RowSumClipping {
  /// Projects the rows of A in place. A row within the limit keeps its bits.
  /// - Parameters:
  ///   - matrix: finite Doubles in rows without gaps.
  ///   - limit: c > 0.
  /// - Throws: the reason why the work must end.
  package static func clip(_ matrix: Matrix, to limit: Double) throws(Failure) {
    precondition(matrix.precision == .float64 && matrix.columnStride == 1 && matrix.rowStride == matrix.columns && limit > 0, "Doubles in rows without gaps")
    var work = WatchedWork()
    for i in 0..<matrix.rows {
      let row = Vector(matrix.base + 8 * i * matrix.columns, count: matrix.columns, precision: .float64)
      let numbers = row.base.assumingMemoryBound(to: Double.self)
      // Of numbers next to the largest one a part keeps their sum finite.
      let largest = largestMagnitude(row)
      guard largest.isFinite else { continue }
      let unit = largest > 0x1p900 ? 0x1p-100 : 1
      let bound = limit * unit
      var (threshold, left) = (0.0, matrix.columns + 1)
      while true {
        try work.spend(matrix.columns)
        var (sum, count) = (0.0, 0)
        for j in 0..<matrix.columns where abs(numbers[j]) * unit > threshold || left > matrix.columns {
          sum += abs(numbers[j]) * unit
          count += 1
        }
        if left > matrix.columns, sum <= bound { break }
        // Roundings must not make the set grow, or empty it.
        guard count > 0, count < left else { break }
        (threshold, left) = (max(threshold, (sum - bound) / Double(count)), count)
      }
      guard threshold > 0 else { continue }
      var sum = 0.0
      for j in 0..<matrix.columns {
        let size = max(abs(numbers[j]) * unit - threshold, 0) / unit
        numbers[j] = numbers[j] < 0 ? -size : size
        sum += size * unit
      }
      // What cancels leaves roundings of the larger numbers.
      if sum > bound { scale(bound / sum, row) }
    }
  }
}
