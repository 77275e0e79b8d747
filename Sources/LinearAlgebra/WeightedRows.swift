import Glibc
import Settings

/// The row sums r_i = 2⁻¹⁰ + Σ_j |WWᵀ|_ij q_j/q_i of a matrix or a convolution in Double (`RowSums`), with what their rounding errors are at most: numbers from which the rounding of −WᵀTσ(Wy + b) is bounded in the norm that weights row i, or
/// all pixels of output channel i, by r_i^{−½}.
package struct WeightedRows {
  /// Upper bounds of |r^{−½}b| and |r^{−½}1|, over all pixels.
  package let bias: Double
  package let ones: Double
  /// The largest relative error of a computed r_i.
  package let relativeError: Double
  /// Upper bounds of r_i^{−½}.
  package let factors: [Double]

  /// - Parameters:
  ///   - logScales: s, q = exp s clamped as `RowSums` does.
  ///   - matrix: W, or a kernel by its output channels.
  ///   - bias: as many numbers as rows, one number, or none.
  ///   - taps, pixels: of a kernel, and of its outputs; 1 for a matrix.
  /// - Throws: `memory`; the reason why the work must end; `incompatible` if a sum is near the largest number.
  package init(_ matrix: Matrix, _ logScales: Vector, _ sums: RowSums, bias numbers: Vector?, taps: Int = 1, pixels: Int = 1) throws(Failure) {
    let (rows, columns) = (matrix.rows, matrix.columns)
    precondition(logScales.count == rows && sums.rows == rows, "row sums: shapes")
    let buffer = try Buffer(count: rows * columns + 2 * rows + sums.memoryCount, precision: .float64)
    let all = buffer.vector(count: buffer.byteCount / 8, precision: .float64)
    let (copyOfWeights, s, t, memory) = (
      all[0..<rows * columns], all[rows * columns..<rows * (columns + 1)], all[rows * (columns + 1)..<rows * (columns + 2)], all[rows * (columns + 2)..<all.count]
    )
    assign(1, matrix, into: Matrix(copyOfWeights.base, rows: rows, columns: columns, precision: .float64))
    for i in 0..<rows { s.store(logScales.load(i), at: i) }
    sums.make(copyOfWeights, logScales: s, numerator: 1, into: t, memory: memory)
    try Watch.check()
    let lengths = rowNormBounds(matrix)
    let q = (0..<rows).map { exp(min(max(s.load($0), -RowSums.largestLogScale), RowSums.largestLogScale)) }
    let weighted = zip(lengths, q).reduce(0) { $0 + $1.0 * $1.1 }
    var (bias, ones, worst) = (0.0, 0.0, 0.0)
    var factors: [Double] = []
    // Sums over the shifts of a kernel pass rows of taps and shifts, too.
    let roundings = Double(columns + rows + 32 + (taps > 1 ? 6 * taps : 0))
    for i in 0..<rows {
      guard t.load(i) >= 0x1p-1000 else { throw Failure(.incompatible, "the row sums of a layer are larger than 2¹⁰⁰⁰") }
      // An inner product of n terms is wrong by at most n·2⁻⁵³ of the product of both lengths, and q by a few units; all sums together are rounded as often. In the inner products of all shifts a tap is at most `taps` times.
      let error = roundings * 0x1p-52 * (Double(taps) * lengths[i] * weighted / q[i] + RowSums.floor) * t.load(i)
      worst = max(worst, error)
      let inverse = t.load(i) * (1 + 2 * error)
      factors.append(inverse.squareRoot() * (1 + 0x1p-51))
      ones += inverse
      if let numbers { bias += inverse * numbers.load(numbers.count == 1 ? 0 : i) * numbers.load(numbers.count == 1 ? 0 : i) }
    }
    guard worst < 0.25 else { throw Failure(.incompatible, "the row sums of a layer lose their digits: the scales q differ too much") }
    let outward = (1 + Double(rows + 8) * 0x1p-51) * Double(pixels)
    self.bias = (bias * outward).squareRoot() * (1 + 0x1p-51) + 0x1p-500
    self.ones = (ones * outward).squareRoot() * (1 + 0x1p-51) + 0x1p-500
    relativeError = worst * (1 + 0x1p-40)
    self.factors = factors
    withExtendedLifetime(buffer) {}
  }
}
