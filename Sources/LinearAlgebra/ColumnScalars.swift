/// out[s] = √x[s] of a row of scalars, one per sample.
package func squareRoots(_ x: Block, into out: Block) {
  switch x.precision {
  case .float32: squareRoots(ColumnScalars<Float>(x), ColumnScalars(out), x.columns)
  case .float64: squareRoots(ColumnScalars<Double>(x), ColumnScalars(out), x.columns)
  }
}

/// out[s] = ‖x[:,s]‖₂. `out` is one row, not of `x`.
package func columnNorms(_ x: Block, into out: Block) {
  columnDots(x, x, into: out)
  squareRoots(out, into: out)
}

/// powers[s] = 2^⌊log₂ max_i |x[i,s]|⌋ and its inverse: a factor that scales a sample's largest number to about one without rounding.
///
/// Squares of small numbers underflow in Float, so vectors are scaled before their norms are taken. A column of zeros, or one that is not finite, has the factor 1.
/// - Cost: one pass over `x`.
package func columnPowers(_ x: Block, into powers: Block, inverses: Block) {
  switch x.precision {
  case .float32: columnPowers(x, ColumnScalars<Float>(powers), ColumnScalars(inverses))
  case .float64: columnPowers(x, ColumnScalars<Double>(powers), ColumnScalars(inverses))
  }
}

/// Calls `body` for each number of a row that is not at most `bound`, NaN among them, in the order of the columns.
package func forEachAbove(_ x: Block, _ bound: Double, _ body: (_ column: Int, _ value: Double) -> Void) {
  switch x.precision {
  case .float32: forEachAbove(ColumnScalars<Float>(x), bound, body)
  case .float64: forEachAbove(ColumnScalars<Double>(x), bound, body)
  }
}

/// A row of scalars, one per sample, as typed numbers.
struct ColumnScalars<Number: BinaryFloatingPoint> {
  let base: UnsafeMutablePointer<Number>
  let count: Int

  @inline(__always) init(_ row: Block) {
    assert(row.rows == 1, "a row of scalars")
    base = row.base.assumingMemoryBound(to: Number.self)
    count = row.columns
  }

  @inline(__always) subscript(_ column: Int) -> Number {
    get { base[column] }
    nonmutating set { base[column] = newValue }
  }
}

@inline(__always) private func squareRoots<Number>(_ x: ColumnScalars<Number>, _ out: ColumnScalars<Number>, _ columns: Int) {
  for s in 0..<columns { out[s] = x[s].squareRoot() }
}

@inline(__always) private func forEachAbove<Number>(_ x: ColumnScalars<Number>, _ bound: Double, _ body: (_ column: Int, _ value: Double) -> Void) {
  for s in 0..<x.count where !(Double(x[s]) <= bound) { body(s, Double(x[s])) }
}

@inline(__always) private func columnPowers<Number>(_ x: Block, _ powers: ColumnScalars<Number>, _ inverses: ColumnScalars<Number>) {
  for s in 0..<x.columns { powers[s] = 0 }
  let numbers = x.base.assumingMemoryBound(to: Number.self)
  for i in 0..<x.rows {
    let row = numbers + i * x.stride
    // A NaN compares false and is left out; an infinity is caught below.
    for s in 0..<x.columns where row[s].magnitude > powers[s] { powers[s] = row[s].magnitude }
  }
  // Both the factor and its inverse are normal numbers.
  let limit = Number.Exponent(Number.self == Float.self ? 120 : 1000)
  for s in 0..<x.columns {
    let largest = powers[s]
    guard largest > 0, largest.isFinite else {
      (powers[s], inverses[s]) = (1, 1)
      continue
    }
    let exponent = max(-limit, min(limit, largest.exponent))
    powers[s] = Number(sign: .plus, exponent: exponent, significand: 1)
    inverses[s] = Number(sign: .plus, exponent: -exponent, significand: 1)
  }
}
