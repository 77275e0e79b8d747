import Settings

// Operations on the rows of matrices of either precision and any strides: for few small matrices, not for tiles.

/// out[i,j] = base[i,j] + scale·f[i]·x[i,j]; base nil stands for zeros. `out` may be `x` or `base`.
func scaleRows(_ x: Matrix, by factors: Vector, times scale: Double, addingTo base: Matrix? = nil, into out: Matrix) {
  precondition(x.rows == out.rows && x.columns == out.columns && factors.count >= x.rows, "matrices of different shape")
  let watch = Watch.current
  for i in 0..<x.rows where !watch.isOver {
    let factor = scale * factors.load(i)
    for j in 0..<x.columns { out.setElement(i, j, (base?.element(i, j) ?? 0) + factor * x.element(i, j)) }
  }
}

/// Σ x[i,j]·y[i,j], and before that each row's sum, row by row.
func products(_ x: Matrix, _ y: Matrix, _ body: (_ row: Int, _ sum: Double) -> Void) -> Double {
  precondition(x.rows == y.rows && x.columns == y.columns, "matrices of different shape")
  let watch = Watch.current
  var all = 0.0
  for i in 0..<x.rows where !watch.isOver {
    var sum = 0.0
    for j in 0..<x.columns { sum += x.element(i, j) * y.element(i, j) }
    body(i, sum)
    all += sum
  }
  return all
}

/// Σ |xᵢ| of Doubles, in order.
func magnitudeSum(_ x: Vector) -> Double {
  let numbers = x.base.assumingMemoryBound(to: Double.self)
  var sum = 0.0
  for i in 0..<x.count { sum += abs(numbers[i]) }
  return sum
}
