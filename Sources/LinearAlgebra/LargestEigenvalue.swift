import COpenBLAS
import Settings

/// Estimates the largest eigenvalue of a symmetric matrix by Lanczos' iteration from a fixed vector. Up to rounding, the estimate is a lower bound.
///
/// The same matrix gives the same bits. Source: Golub & Van Loan 2013, "Matrix computations", §10.1; the Ritz value's error falls like the square of the number of iterations (Kuczyński & Woźniakowski 1992).
package enum LargestEigenvalue {
  /// The number of vectors that the iteration needs, each as long as the matrix has rows.
  package static let vectors = 3
  private static let iterations = 20

  /// - Parameters:
  ///   - matrix: symmetric, positive semidefinite, row-major without gaps.
  ///   - vectors: of the matrix's precision.
  /// - Returns: NaN where the matrix has such numbers.
  /// - Cost: 20 products with a vector; allocates nothing beyond the stack.
  package static func estimate(_ matrix: Matrix, _ vectors: [Vector]) -> Double {
    var (present, before, next) = (vectors[0], vectors[1], vectors[2])
    fillIrregular(present)
    fill(before, 0)
    var (diagonal, beside) = (InlineArray<20, Double>(repeating: 0), InlineArray<20, Double>(repeating: 0))
    var count = 0
    var length = sumOfSquares(present).squareRoot()
    while count < min(iterations, present.count), !Watch.current.isOver {
      scale(1 / length, present)
      multiply(matrix, present, into: next)
      diagonal[count] = dot(next, present)
      axpy(-diagonal[count], present, addingTo: next)
      if count > 0 { axpy(-beside[count - 1], before, addingTo: next) }
      length = sumOfSquares(next).squareRoot()
      beside[count] = length
      count += 1
      // The vectors so far span an invariant space, so that further ones give nothing new.
      guard length > 16 * matrix.precision.epsilon * abs(diagonal[0]) else { break }
      (before, present, next) = (present, next, before)
    }
    return largestEigenvalue(diagonal, beside, count)
  }

  /// The largest eigenvalue of a symmetric tridiagonal matrix by bisection on the signs of Sturm's sequence (Golub & Van Loan 2013, §8.4).
  private static func largestEigenvalue(_ diagonal: InlineArray<20, Double>, _ beside: InlineArray<20, Double>, _ count: Int) -> Double {
    var (low, high) = (-Double.infinity, -Double.infinity)
    for i in 0..<count {
      low = max(low, diagonal[i])
      high = max(high, diagonal[i] + (i > 0 ? beside[i - 1] : 0) + (i + 1 < count ? beside[i] : 0))
    }
    guard low.isFinite, high.isFinite else { return .nan }
    for _ in 0..<40 {
      let middle = 0.5 * (low + high)
      // All pivots of middle·I − T are positive when no eigenvalue is above.
      var pivot = 1.0
      var isAbove = true
      for i in 0..<count {
        pivot = middle - diagonal[i] - (i > 0 ? beside[i - 1] * (beside[i - 1] / pivot) : 0)
        guard pivot > 0 else {
          isAbove = false
          break
        }
      }
      if isAbove { high = middle } else { low = middle }
    }
    return low
  }

  private static func multiply(_ matrix: Matrix, _ x: Vector, into out: Vector) {
    let n = Int32(matrix.rows)
    switch matrix.precision {
    case .float32:
      cblas_sgemv(CblasRowMajor, CblasNoTrans, n, n, 1, matrix.base.assumingMemoryBound(to: Float.self), n, x.base.assumingMemoryBound(to: Float.self), 1, 0, out.base.assumingMemoryBound(to: Float.self), 1)
    case .float64:
      cblas_dgemv(CblasRowMajor, CblasNoTrans, n, n, 1, matrix.base.assumingMemoryBound(to: Double.self), n, x.base.assumingMemoryBound(to: Double.self), 1, 0, out.base.assumingMemoryBound(to: Double.self), 1)
    }
  }
}
