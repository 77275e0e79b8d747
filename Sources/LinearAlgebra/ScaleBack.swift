/// Replaces the numbers of each column by x ↦ shift + scale·x in float64: outputs that a network computes in units of its own become numbers in the caller's units.
///
/// - Parameters:
///   - numbers: float64, samples × outputs, any strides, overwritten.
///   - shift, scale: float64, one number for each column; a shift of nil is 0.
/// - Accuracy: the product and the sum are rounded once each, so that 1.7e9 plus a small number keeps what float64 can hold of it.
package func scaleBack(_ numbers: MutableTensorView, shift: Vector?, scale: Vector) {
  precondition(numbers.type == .float64 && shift?.precision != .float32 && scale.precision == .float64, "numbers, shift and scale in float64")
  precondition(shift.map { $0.count >= numbers.columns } ?? true && scale.count >= numbers.columns, "one shift and scale for each column")
  let base = numbers.base.assumingMemoryBound(to: Double.self)
  for column in 0..<numbers.columns {
    let (shift, scale) = (shift?.load(column) ?? 0, scale.load(column))
    for row in 0..<numbers.rows {
      let place = row * numbers.rowStride + column * numbers.columnStride
      base[place] = shift + scale * base[place]
    }
  }
}
