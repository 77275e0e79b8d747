/// x[i, s] ← factors[i]·x[i, s]: undoes or applies a normalization of features.
package func scaleRows(_ x: Block, by factors: Vector) {
  precondition(factors.count == x.rows, "one factor a row")
  for row in 0..<x.rows {
    let factor = x.precision == .float32
      ? Double(factors.base.load(fromByteOffset: 4 * row, as: Float.self)) : factors.base.load(fromByteOffset: 8 * row, as: Double.self)
    let view = x.rows(row..<row + 1)
    combine(factor, view, 0, view, into: view)
  }
}
