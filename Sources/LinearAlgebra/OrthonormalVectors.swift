import Settings

/// The i-th of numbers between ½ and 1½ in magnitude, of both signs, without a regular order, from which iterations begin. Equal arguments give equal bits.
package func irregularNumber(_ i: Int, number: Int = 0) -> Double {
  let mixed = UInt32(truncatingIfNeeded: i &+ 1 &+ number &* 40_503) &* 2_654_435_769
  return (mixed >> 16 & 1 == 0 ? 1 : -1) * (0.5 + Double(mixed) * 0x1p-32)
}

/// Fills a vector with irregular numbers.
/// - Parameter number: which vector; different numbers give different ones.
package func fillIrregular(_ x: Vector, number: Int = 0) {
  for i in 0..<x.count { x.store(irregularNumber(i, number: number), at: i) }
}

/// Fills a column with irregular numbers.
package func fillIrregular(_ x: Block, number: Int = 0) { fillIrregular(Vector(x.base, count: x.rows, precision: x.precision), number: number) }

/// Divides a column by its length, which it gives. A column of zeros stays.
@discardableResult package func normalize(_ x: Block) -> Double {
  let length = dot(x, x).squareRoot()
  if length > 0 { combine(1 / length, x, 0, x, into: x) }
  return length
}

/// Takes the parts of a column along orthonormal columns away, twice, so that what remains is orthogonal to rounding.
/// - Throws: the reason why the work must end.
package func orthogonalize(_ x: Block, against others: ArraySlice<Block>) throws(Failure) {
  for _ in 0..<2 {
    for other in others { combine(1, x, -dot(x, other), other, into: x) }
    try Watch.check()
  }
}
