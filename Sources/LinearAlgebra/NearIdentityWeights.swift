/// x ← I + h·x, or h·x without the identity: turns the weights of a differential equation into those of a layer of step h, in float64 with one rounding for each number.
///
/// - Parameter x: outputs × inputs, float64, any strides.
package func scaleTowardsIdentity(_ x: Matrix, by h: Double, addingIdentity: Bool) {
  forEachNumber(x) { value, isDiagonal in (addingIdentity && isDiagonal ? 1 : 0).addingProduct(h, value) }
}

/// x ← (x − I)/h, or x/h: the inverse of `scaleTowardsIdentity`, exact where rounding leaves it exact.
///
/// The difference is exact on diagonals in [½, 2] (Sterbenz); the quotient is exact for h a power of two within the range of normal numbers.
package func divideFromIdentity(_ x: Matrix, by h: Double, subtractingIdentity: Bool) {
  forEachNumber(x) { value, isDiagonal in (value - (subtractingIdentity && isDiagonal ? 1 : 0)) / h }
}

@inline(__always) private func forEachNumber(_ x: Matrix, _ change: (_ value: Double, _ isDiagonal: Bool) -> Double) {
  precondition(x.precision == .float64, "weights are converted in float64")
  let numbers = x.base.assumingMemoryBound(to: Double.self)
  for row in 0..<x.rows {
    for column in 0..<x.columns {
      let place = row * x.rowStride + column * x.columnStride
      numbers[place] = change(numbers[place], row == column)
    }
  }
}
