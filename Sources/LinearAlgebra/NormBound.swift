import Settings

/// Upper bounds of spectral norms ‖W‖₂ = σ_max(W), never below the true norm: what stability may be concluded from.
///
/// The least of ‖W‖_F, √(‖W‖₁‖W‖_∞) and Gram's iteration ‖(WᵀW)^{2^{t−1}}‖_F^{2^{−t}} for t = 4, which exceeds the norm by less than a factor min(m, n)^{1/32} (theory §5, E8; Delattre et al. 2023). All in Double,
/// widened by a bound of the roundings: sums of n products err by at most 2n units in the last place, relative to sums of magnitudes, of which each is part of a Frobenius norm.
/// Power iteration would be a lower bound. Memory is made once; one caller at a time.
package final class NormBound {
  private let buffer: Buffer
  private let largest: Int
  private static let squarings = 3

  /// - Parameter largest: the least of rows and columns of any matrix to come.
  /// - Throws: `memory`.
  package init(largest: Int) throws(Failure) {
    self.largest = largest
    let (count, overflow) = largest.multipliedReportingOverflow(by: largest)
    buffer = try Buffer(count: overflow || count > Int.max / 4 ? Int.max : 2 * count, precision: .float64)
  }

  /// A bound of ‖W‖₂, or of ‖½(W − Wᵀ)‖₂.
  ///
  /// - Parameters:
  ///   - matrix: finite numbers of any precision and strides.
  ///   - target: the iteration is left out where the cheap bounds are at most this.
  /// - Cost: a pass for the cheap bounds, (3 + t)·min(m, n)²·max(m, n) multiplications for the iteration.
  package func bound(_ matrix: Matrix, isAntisymmetric: Bool = false, enough target: Double = 0) -> Double {
    precondition(!isAntisymmetric || matrix.rows == matrix.columns, "the antisymmetric part of a square matrix")
    var entries = Entries(matrix: matrix, isAntisymmetric: isAntisymmetric)
    let largest = entries.largestMagnitude
    guard largest > 0, largest.isFinite else { return largest }
    // By a power of two, exactly, so that squares neither overflow nor vanish.
    let unit = Double(sign: .plus, exponent: max(min(Int(largest.exponent), 1000), -1000), significand: 1)
    entries.factor = 1 / unit
    let cheap = cheapBound(entries)
    guard unit * cheap > target, min(matrix.rows, matrix.columns) > 1 else { return unit * cheap }
    return unit * min(cheap, gramBound(entries, scale: cheap))
  }

  private func cheapBound(_ entries: Entries) -> Double {
    let (rows, columns) = (entries.rows, entries.columns)
    var (squares, widest, tallest) = (0.0, 0.0, 0.0)
    for i in 0..<rows {
      var sum = 0.0
      for j in 0..<columns {
        let value = abs(entries[i, j])
        sum += value
        squares += value * value
      }
      widest = max(widest, sum)
    }
    for j in 0..<columns {
      var sum = 0.0
      for i in 0..<rows { sum += abs(entries[i, j]) }
      tallest = max(tallest, sum)
    }
    return widened(min(squares.squareRoot(), (widest * tallest).squareRoot()), rows * columns)
  }

  /// Works on W/scale; scale ≥ ‖W‖.
  private func gramBound(_ entries: Entries, scale: Double) -> Double {
    let size = min(entries.rows, entries.columns)
    let long = max(entries.rows, entries.columns)
    precondition(size <= largest, "a matrix larger than its memory")
    var (gram, next) = (buffer.base.assumingMemoryBound(to: Double.self), buffer.base.assumingMemoryBound(to: Double.self) + size * size)
    let isWide = entries.rows < entries.columns
    for i in 0..<size {
      for j in 0...i {
        var sum = 0.0
        for k in 0..<long { sum += isWide ? entries[i, k] * entries[j, k] : entries[k, i] * entries[k, j] }
        gram[i * size + j] = sum / (scale * scale)
        gram[j * size + i] = gram[i * size + j]
      }
    }
    // Each squaring is of a matrix scaled to a norm of one: what was taken out comes back with its root.
    var (result, exponent) = (scale, 0.5)
    for _ in 0..<Self.squarings {
      let norm = frobenius(gram, size * size)
      for index in 0..<size * size { gram[index] /= norm }
      result *= root(norm, exponent)
      for i in 0..<size {
        for j in 0...i {
          var sum = 0.0
          for k in 0..<size { sum += gram[i * size + k] * gram[j * size + k] }
          next[i * size + j] = sum
          next[j * size + i] = sum
        }
      }
      swap(&gram, &next)
      exponent /= 2
    }
    return widened(result * root(frobenius(gram, size * size), exponent), (long + size) * (size + 8))
  }

  private func frobenius(_ values: UnsafeMutablePointer<Double>, _ count: Int) -> Double {
    var squares = 0.0
    for index in 0..<count { squares += values[index] * values[index] }
    return squares.squareRoot()
  }

  /// x^exponent for an exponent 2^{−k}.
  private func root(_ x: Double, _ exponent: Double) -> Double {
    var (power, left) = (x, exponent)
    while left < 1 {
      power = power.squareRoot()
      left *= 2
    }
    return power
  }

  /// A result of that many operations a number, made larger than its roundings.
  private func widened(_ value: Double, _ operations: Int) -> Double { value * (1 + 4 * Double(operations + 16) * Double.ulpOfOne) }
}

/// The numbers of W or of ½(W − Wᵀ) as Doubles.
private struct Entries {
  let matrix: Matrix
  let isAntisymmetric: Bool
  /// Multiplies every number.
  var factor = 1.0
  var rows: Int { matrix.rows }
  var columns: Int { matrix.columns }

  subscript(i: Int, j: Int) -> Double { isAntisymmetric ? factor * 0.5 * number(i, j) - factor * 0.5 * number(j, i) : factor * number(i, j) }

  var largestMagnitude: Double {
    var largest = 0.0
    for i in 0..<rows {
      for j in 0..<columns {
        let value = abs(number(i, j))
        // NaN is kept: it is not at most anything.
        if !(value <= largest) { largest = value }
        if largest.isNaN { return largest }
      }
    }
    return largest
  }

  @inline(__always) private func number(_ i: Int, _ j: Int) -> Double {
    let place = i * matrix.rowStride + j * matrix.columnStride
    return matrix.precision == .float64
      ? matrix.base.load(fromByteOffset: 8 * place, as: Double.self) : Double(matrix.base.load(fromByteOffset: 4 * place, as: Float.self))
  }
}
