import CKernels

/// Largest |xᵢ − yᵢ|, or |xᵢ| without y; NaN when one is not finite.
@inline(__always) func largestDifference<F: Family>(_: F.Type, _ x: UnsafeRawPointer, _ y: UnsafeRawPointer?, _ count: Int) -> Double {
  let x = x.assumingMemoryBound(to: F.Scalar.self)
  let y = y.map { $0.assumingMemoryBound(to: F.Scalar.self) }
  var (largest, poison) = (F.Sums(0), F.Sums(0))
  var i = 0
  while i &+ F.Sums.count <= count {
    let difference = y.map { F.widened(x + i) - F.widened($0 + i) } ?? F.widened(x + i)
    largest = F.Sums.larger(difference.magnitude, largest)
    // The comparison alone would drop a NaN; 0·x is summed, which is NaN for numbers that are not finite.
    poison = F.Sums.fma(F.Sums(0), difference, poison)
    i &+= F.Sums.count
  }
  var (result, sum) = (0.0, poison.sum)
  _ = largest.map { lane in
    if lane > result { result = lane }
    return lane
  }
  while i < count {
    let difference = Double(x[i]) - (y.map { Double($0[i]) } ?? 0)
    if difference.magnitude > result { result = difference.magnitude }
    sum += 0 * difference
    i &+= 1
  }
  return result + sum
}
