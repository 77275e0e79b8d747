import Settings

/// Square matrices of Doubles in given memory, one after the other: the work memory of small dense computations, whose operands may have either precision.
///
/// All are row-major without gaps. The memory may begin anywhere; numbers are aligned within it.
package struct SquareMatrices {
  package let size: Int
  private let base: UnsafeMutableRawPointer

  /// How many numbers of `precision` hold `matrices` of them, with the pivots of a factorization.
  package static func count(_ matrices: Int, size: Int, precision: Precision) -> Int {
    let doubles = matrices * size * size + size
    // Floats for padding are added, so that the matrices can begin at a multiple of eight bytes.
    return precision == .float64 ? doubles : 2 * doubles + 2
  }

  package init(_ memory: UnsafeMutableRawPointer, size: Int) {
    self.size = size
    base = memory.alignedUp(toMultipleOf: 8)
  }

  package subscript(index: Int) -> Matrix {
    Matrix(base + (size + index * size * size) * 8, rows: size, columns: size, precision: .float64)
  }

  /// The memory of one factorization's pivots, before the matrices.
  var pivots: UnsafeMutablePointer<Int32> { base.assumingMemoryBound(to: Int32.self) }
}

/// out = scale·x + addition·I, of any precisions and strides.
package func assign(_ scale: Double, _ x: Matrix, plusIdentity addition: Double = 0, into out: Matrix) {
  forEachPair(x, out) { value, _, isDiagonal in scale * value + (isDiagonal ? addition : 0) }
}

/// out += scale·x.
package func add(_ scale: Double, _ x: Matrix, to out: Matrix) { forEachPair(x, out) { value, before, _ in before + scale * value } }

/// out = scale·(x − xᵀ): antisymmetric to the last bit. `out` may be `x`.
package func antisymmetricPart(_ scale: Double, _ x: Matrix, into out: Matrix) {
  precondition(x.rows == x.columns && out.rows == x.rows && out.columns == x.rows, "a square matrix")
  for i in 0..<x.rows {
    for j in 0...i {
      let value = scale * (x.element(i, j) - x.element(j, i))
      out.setElement(i, j, value)
      out.setElement(j, i, -value)
    }
  }
}

/// The largest sum of magnitudes in a column, ‖x‖₁.
package func columnSumNorm(_ x: Matrix) -> Double {
  var largest = 0.0
  for j in 0..<x.columns {
    var sum = 0.0
    for i in 0..<x.rows { sum += x.element(i, j).magnitude }
    // NaN must be kept.
    if !(sum <= largest) { largest = sum }
  }
  return largest
}

@inline(__always) private func forEachPair(_ x: Matrix, _ out: Matrix, _ value: (_ x: Double, _ out: Double, _ isDiagonal: Bool) -> Double) {
  precondition(x.rows == out.rows && x.columns == out.columns, "matrices of different shape")
  let watch = Watch.current
  for i in 0..<x.rows where !watch.isOver {
    for j in 0..<x.columns { out.setElement(i, j, value(x.element(i, j), out.element(i, j), i == j)) }
  }
}

extension Matrix {
  @inline(__always) func element(_ row: Int, _ column: Int) -> Double {
    let index = row * rowStride + column * columnStride
    return precision == .float32 ? Double(base.assumingMemoryBound(to: Float.self)[index]) : base.assumingMemoryBound(to: Double.self)[index]
  }

  @inline(__always) func setElement(_ row: Int, _ column: Int, _ value: Double) {
    let index = row * rowStride + column * columnStride
    if precision == .float32 { base.assumingMemoryBound(to: Float.self)[index] = Float(value) } else { base.assumingMemoryBound(to: Double.self)[index] = value }
  }
}
