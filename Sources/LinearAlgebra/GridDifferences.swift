/// The operator L by which the roughness of numbers on a grid is measured.
package enum GridOperator: String, CaseIterable, Sendable {
  /// L takes the differences between neighbors along both directions: ‖Lx‖² = Σ (x_i − x_j)².
  case differences
  /// L sums the differences of a point from its neighbors: (Lx)_i = Σ_j (x_i − x_j). Neighbors beyond the edge count as equal to the point.
  case laplacian
}

/// Energy ½·strength·‖Lx‖² of numbers on grids, with its gradient strength·LᵀLx added to `gradient`.
///
/// The Laplacian is A = DᵀD of the differences D, symmetric, with reflecting edges; so LᵀL is A for differences and A² for the Laplacian.
/// Source: Haber & Ruthotto 2017, §3.4 (regularization of the classifier).
///
/// - Parameters:
///   - x: any number of grids, one after the other, each row by row; the gradient likewise.
///   - rows, columns: of each grid, at least 1; 1 row is a line.
/// - Cost: 5 operations per number for differences, 25 for the Laplacian; allocates nothing. These are plain loops, because the weights of a readout are few.
package func accumulateGridRoughness(_ x: Vector, rows: Int, columns: Int, _ type: GridOperator, strength: Double, addingTo gradient: Vector?) -> Double {
  precondition(x.count % (rows * columns) == 0, "numbers that are no grids")
  switch x.precision {
  case .float32: return accumulate(Float.self, x, rows, columns, type, strength, gradient)
  case .float64: return accumulate(Double.self, x, rows, columns, type, strength, gradient)
  }
}

private func accumulate<Scalar: BinaryFloatingPoint>(
  _: Scalar.Type, _ x: Vector, _ rows: Int, _ columns: Int, _ type: GridOperator, _ strength: Double, _ gradient: Vector?
) -> Double {
  let grid = Grid(rows: rows, columns: columns)
  let size = rows * columns
  var energy = 0.0
  for start in stride(from: 0, to: x.count, by: size) {
    let values = x.base.assumingMemoryBound(to: Scalar.self) + start
    let sums = gradient.map { $0.base.assumingMemoryBound(to: Scalar.self) + start }
    for row in 0..<rows {
      for column in 0..<columns {
        let first = grid.laplacian(row, column) { Double(values[$0]) }
        let place = row * columns + column
        switch type {
        case .differences:
          energy += Double(values[place]) * first
          if let sums { sums[place] += Scalar(strength * first) }
        case .laplacian:
          energy += first * first
          guard let sums else { continue }
          let second = grid.laplacian(row, column) { at in grid.laplacian(at / columns, at % columns) { Double(values[$0]) } }
          sums[place] += Scalar(strength * second)
        }
      }
    }
  }
  return 0.5 * strength * energy
}

private struct Grid {
  let rows: Int
  let columns: Int

  /// Σ over the neighbors j of (x_i − x_j).
  @inline(__always) func laplacian(_ row: Int, _ column: Int, _ value: (Int) -> Double) -> Double {
    let place = row * columns + column
    let own = value(place)
    var sum = 0.0
    if row > 0 { sum += own - value(place - columns) }
    if row + 1 < rows { sum += own - value(place + columns) }
    if column > 0 { sum += own - value(place - 1) }
    if column + 1 < columns { sum += own - value(place + 1) }
    return sum
  }
}
