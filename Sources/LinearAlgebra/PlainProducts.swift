import Settings

/// A matrix of a network in Double, as it is or its antisymmetric part, for searches that need a few products with plain vectors: witnesses against a statement.
package struct PlainProducts {
  package let rows: Int
  package let columns: Int
  private let entries: DoubleEntries

  /// - Parameter isAntisymmetric: whether ½(W − Wᵀ) is meant.
  /// - Throws: `memory`; why the work must end.
  package init(_ matrix: Matrix, isAntisymmetric: Bool = false) throws(Failure) {
    (rows, columns) = (matrix.rows, matrix.columns)
    entries = try DoubleEntries(of: matrix, antisymmetry: isAntisymmetric ? 0 : nil)
  }

  /// Wx.
  package func apply(_ x: [Double]) -> [Double] {
    (0..<rows).map { i in
      var sum = 0.0
      for j in 0..<columns { sum += entries[i * columns + j] * x[j] }
      return sum
    }
  }

  /// Wᵀp.
  package func applyTransposed(_ p: [Double]) -> [Double] {
    var out = Array(repeating: 0.0, count: columns)
    for i in 0..<rows { for j in 0..<columns { out[j] += entries[i * columns + j] * p[i] } }
    return out
  }

  /// A vector of length 1 that W stretches most, or nearly: by power iteration from a fixed vector. A lower bound of ‖W‖ alone comes of it, so that it can refute a statement but never prove one.
  /// - Throws: why the work must end.
  package func stretched(iterations: Int = 200) throws(Failure) -> [Double] {
    var x = (0..<columns).map { irregularNumber($0) }
    for _ in 0..<iterations {
      try Watch.check()
      let next = applyTransposed(apply(x))
      let largest = next.reduce(0) { max($0, abs($1)) }
      guard largest > 0, largest.isFinite else { break }
      let scaled = next.map { $0 / largest }
      let length = scaled.reduce(0) { $0 + $1 * $1 }.squareRoot()
      x = scaled.map { $0 / length }
    }
    return x
  }

  /// x that nearly solves Wx = c in the sense of least squares, by conjugate gradients on the normal equations.
  /// - Throws: why the work must end.
  package func leastSquares(_ c: [Double], iterations: Int = 60) throws(Failure) -> [Double] {
    var x = Array(repeating: 0.0, count: columns)
    var residual = c
    var s = applyTransposed(residual)
    var p = s
    var square = s.reduce(0) { $0 + $1 * $1 }
    for _ in 0..<iterations where square > 0 && square.isFinite {
      try Watch.check()
      let q = apply(p)
      let length = q.reduce(0) { $0 + $1 * $1 }
      guard length > 0 else { break }
      let step = square / length
      for i in 0..<columns { x[i] += step * p[i] }
      for i in 0..<rows { residual[i] -= step * q[i] }
      s = applyTransposed(residual)
      let next = s.reduce(0) { $0 + $1 * $1 }
      for i in 0..<columns { p[i] = s[i] + next / square * p[i] }
      square = next
    }
    return x
  }
}

/// σ of each number, in Double.
/// - Throws: `memory`.
package func activated(_ activation: Activation, _ x: [Double]) throws(Failure) -> [Double] {
  let buffer = try Buffer(count: x.count, precision: .float64)
  let numbers = buffer.vector(count: x.count, precision: .float64)
  for (i, value) in x.enumerated() { numbers.store(value, at: i) }
  apply(activation, to: numbers, into: numbers)
  return withExtendedLifetime(buffer) { (0..<x.count).map { numbers.load($0) } }
}
