import Glibc
import LinearAlgebra
import Networks
import Settings

/// The finite-time Lyapunov exponents of one block along a sample's trajectory: (1/T)·log of the factors by which orthonormal directions have been stretched from the block's first state to its last.
///
/// Source: Benettin et al. 1980: the directions pass through each layer's Jacobian, are made orthonormal again by a QR factorization, and the logarithms of its diagonal are summed. Over a finite time T the exponents depend on the
/// first directions, which are the first unit vectors; their sum over all directions is log|det|/T and does not.
struct LyapunovExponents {
  private let directions: [Block]
  private let moved: [Block]
  private let arena: Arena

  /// - Parameters:
  ///   - width: the rows of the largest state.
  ///   - count: the most directions.
  init(width: Int, count: Int) throws(Failure) {
    var size = Arena.Size()
    for _ in 0..<2 * count { size.add(rows: width, columns: 1, precision: .float64) }
    let arena = try Arena(size)
    self.arena = arena
    directions = (0..<count).map { _ in arena.block(rows: width, columns: 1, precision: .float64) }
    moved = (0..<count).map { _ in arena.block(rows: width, columns: 1, precision: .float64) }
  }

  /// The exponents, in the order of the factorization: the first is that of the direction that grows most, once its part has outgrown the others.
  ///
  /// - Parameters:
  ///   - links: those of the block's layers.
  ///   - horizon: T.
  /// - Returns: −∞ for directions that a layer maps to zero.
  /// - Throws: `.notFinite`; the reason why the work must end.
  func exponents(_ trajectory: SampleTrajectory, links: Range<Int>, horizon: Double) throws(Failure) -> [Double] {
    let rows = trajectory.width(links.lowerBound)
    let count = min(directions.count, rows)
    let (q, next) = (directions[..<count].map { $0.rows(0..<rows) }, moved[..<count].map { $0.rows(0..<rows) })
    var sums = Array(repeating: 0.0, count: count)
    for (index, vector) in q.enumerated() {
      fill(vector, 0)
      Vector(vector.base, count: rows, precision: .float64).store(1, at: index)
    }
    for link in links {
      for index in 0..<count {
        try Watch.check()
        trajectory.pushforward(link, q[index], into: next[index])
      }
      for index in 0..<count {
        guard dot(next[index], next[index]).isFinite else { throw Failure(.notFinite, "a product of the layers' Jacobians is not finite in float64") }
        try orthogonalize(next[index], against: next[0..<index])
        let length = normalize(next[index])
        sums[index] += log(length)
        copy(next[index], into: q[index])
      }
    }
    return sums.map { $0 / horizon }
  }
}
