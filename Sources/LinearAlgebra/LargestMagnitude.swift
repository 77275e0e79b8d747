/// max |xᵢ|: 0 of no numbers, NaN where a number is NaN.
package func largestMagnitude(_ x: Vector) -> Double {
  switch x.precision {
  case .float32: largestMagnitude(UnsafePointer(x.base.assumingMemoryBound(to: Float.self)), x.count)
  case .float64: largestMagnitude(UnsafePointer(x.base.assumingMemoryBound(to: Double.self)), x.count)
  }
}

@inline(__always) private func largestMagnitude<Number: BinaryFloatingPoint>(_ x: UnsafePointer<Number>, _ count: Int) -> Double {
  var largest: Number = 0
  for index in 0..<count {
    let magnitude = x[index].magnitude
    // Written so that NaN, which compares with nothing, is taken and kept.
    if !(magnitude <= largest) { largest = magnitude }
    if largest.isNaN { return .nan }
  }
  return Double(largest)
}
