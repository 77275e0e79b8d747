import CShims
import Glibc
import Settings

/// An upper bound β of a spectral norm ‖A‖₂ by Gram iteration, with its derivative.
///
/// Let M be AAᵀ or AᵀA, whichever is smaller, of order o, and p = 2^squarings. Then ‖A‖₂² = ‖Mᵖ‖₂^{1/p} ≤ β² = ‖Mᵖ‖_F^{1/p} ≤ o^{1/2p}·‖A‖₂², because the Frobenius norm bounds the spectral norm and M is symmetric. With
/// four squarings the bound exceeds the norm by at most the factor o^{1/64} (1.09 for o = 256), which is reached only where all singular values are equal; of random square matrices it exceeds it by 3 %.
/// Source: Delattre et al. 2023, "Efficient bound of Lipschitz constant for convolutional layers by Gram iteration", algorithm 1, for dense matrices.
///
/// β is smooth wherever A ≠ 0: ∂β/∂A = c·M^{2p−1}A with c such that ⟨∂β/∂A, A⟩ = β, since β is homogeneous of degree one. M^{2p−1} is the product of all squares MM²M⁴… of the iteration.
///
/// All numbers are Doubles. Each square is divided by its Frobenius norm, so that nothing overflows. With u = 2⁻⁵³, rounding changes ‖M‖₂ by at most the share m·o·u, and each square by at most o²u; β is increased by more
/// than the sum of both, so that it is an upper bound in floating-point arithmetic too.
package struct GramNorm: Sendable {
  private let rows: Int
  private let columns: Int
  private let withDerivative: Bool
  private let order: Int

  package static let squarings = 4

  /// The numbers of work memory.
  package var memoryCount: Int { (withDerivative ? 4 : 2) * order * order }

  /// - Parameter withDerivative: whether `bound` may be asked for the derivative.
  package init(rows: Int, columns: Int, withDerivative: Bool) {
    (self.rows, self.columns, self.withDerivative, order) = (rows, columns, withDerivative, min(rows, columns))
  }

  /// β, and ∂β/∂A if `derivative` is given.
  ///
  /// - Parameters:
  ///   - a: float64, rows × columns, row by row without gaps, its numbers at most about 1 in magnitude, so that their squares neither overflow nor vanish.
  ///   - derivative: float64, as `a`; zeros for A = 0.
  ///   - memory: float64, `memoryCount` numbers.
  /// - Returns: 0 for A = 0; NaN where A has numbers that are not finite, or where the watch ended the work.
  /// - Cost: a product for M, and a product of o³ multiply-adds for each square; with the derivative nearly twice as much.
  package func bound(_ a: Matrix, derivative: Matrix? = nil, memory: Vector) -> Double {
    precondition(a.rows == self.rows && a.columns == columns && memory.count >= memoryCount && (derivative == nil || withDerivative), "Gram iteration: shapes")
    guard sode_shim_blas_memory_ready() != 0 else { return .nan }
    let size = order * order
    func place(_ index: Int) -> Vector { memory[index * size..<(index + 1) * size] }
    func square(_ vector: Vector) -> Matrix { Matrix(vector.base, rows: order, columns: order, precision: .float64) }
    func rows(_ vector: Vector) -> Block { Block(vector.base, rows: order, columns: order, precision: .float64) }
    var (power, next) = (place(0), place(1))
    let wide = self.rows <= columns ? a : a.transposed
    let watch = Watch.current
    multiply(1, wide, wide.transposed, 0, addingTo: square(power))
    // Products leave out what remains of them; the passes over large squares are left out here.
    guard !watch.isOver else { return .nan }
    // ½ log ‖M^{2ᵏ}‖_F / 2ᵏ is the sum of the logarithms of the norms that were divided out, each halved once more.
    var (logarithm, share) = (0.0, 0.5)
    func normalize(_ x: Vector) -> Double {
      let norm = sumOfSquares(rows(x)).squareRoot()
      if norm > 0 { scale(1 / norm, rows(x)) }
      return norm
    }
    let first = normalize(power)
    guard first > 0, first.isFinite else {
      if let derivative { assign(0, a, into: derivative) }
      return first == 0 ? 0 : .nan
    }
    logarithm += share * log(first)
    var (product, spare) = derivative == nil ? (power, next) : (place(2), place(3))
    if derivative != nil { copy(rows(power), into: rows(product)) }
    for _ in 0..<Self.squarings {
      multiply(1, square(power), square(power), 0, addingTo: square(next))
      guard !watch.isOver else { return .nan }
      share /= 2
      logarithm += share * log(normalize(next))
      if derivative != nil {
        multiply(1, square(product), square(next), 0, addingTo: square(spare))
        guard !watch.isOver else { return .nan }
        _ = normalize(spare)
        (product, spare) = (spare, product)
      }
      (power, next) = (next, power)
    }
    let (n, m) = (Double(order), Double(max(self.rows, columns)))
    let bound = exp(logarithm) * (1 + 4 * n * (n + m + 16) * Double.ulpOfOne)
    if let derivative {
      if self.rows <= columns { multiply(1, square(product), a, 0, addingTo: derivative) } else { multiply(1, a, square(product), 0, addingTo: derivative) }
      guard !watch.isOver else { return .nan }
      func whole(_ matrix: Matrix) -> Block { Block(matrix.base, rows: self.rows, columns: columns, precision: .float64) }
      let along = inner(whole(derivative), whole(a))
      scale(along > 0 ? bound / along : 0, whole(derivative))
    }
    return bound
  }

  /// The same for a matrix of any size and precision: `copy` gets it, divided by a power of two if its numbers are large or small, so that their squares do not vanish.
  package func bound(scaling matrix: Matrix, into copy: Matrix, derivative: Matrix?, memory: Vector) -> Double {
    let largest = largestMagnitude(Self.numbers(matrix))
    let unit = (0x1p-20...0x1p20).contains(largest) ? 1 : weightUnit(largest: largest)
    assign(1 / unit, matrix, into: copy)
    return unit * bound(copy, derivative: derivative, memory: memory)
  }

  /// The power of two by which weights are divided before they are scaled: 1 up to numbers of 2²⁰. Small ones stay small, so that the floor of a scaling meets them.
  static func unit(of weights: Vector) -> Double {
    let largest = largestMagnitude(weights)
    return largest.isFinite && largest > 0x1p20 ? Double(sign: .plus, exponent: Int(largest.exponent), significand: 1) : 1
  }
  static func unit(of matrix: Matrix) -> Double { unit(of: numbers(matrix)) }

  private static func numbers(_ matrix: Matrix) -> Vector {
    precondition(matrix.isDense, "a matrix without gaps")
    return Vector(matrix.base, count: matrix.rows * matrix.columns, precision: matrix.precision)
  }
}
