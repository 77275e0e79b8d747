/// x ← min(max(x, low), high) in the vector's precision, NaN stays NaN. Returns whether a number changed.
///
/// - Parameter low: ≤ high; either may be infinite.
/// - Cost: one pass; allocates nothing.
package func clamp(_ x: Vector, low: Double, high: Double) -> Bool {
  switch x.precision {
  // The bounds are rounded inwards, so that the result lies within the given ones.
  case .float32:
    let (below, above) = (Float(low), Float(high))
    return clampEach(x, low: Double(below) < low ? below.nextUp : below, high: Double(above) > high ? above.nextDown : above)
  case .float64: return clampEach(x, low: low, high: high)
  }
}

private func clampEach<Scalar: BinaryFloatingPoint>(_ x: Vector, low: Scalar, high: Scalar) -> Bool {
  let values = x.base.assumingMemoryBound(to: Scalar.self)
  var isChanged = false
  for index in 0..<x.count {
    let value = values[index]
    if value < low {
      values[index] = low
      isChanged = true
    } else if value > high {
      values[index] = high
      isChanged = true
    }
  }
  return isChanged
}
