import LinearAlgebra
import Settings

/// Singular values of a linear map that is given by its products with vectors, by the bidiagonalization of Golub and Kahan with full reorthogonalization.
///
/// Source: Golub & Kahan 1965; Golub & Van Loan 2013, "Matrix computations", §10.4. After as many steps as the map's smaller dimension all singular values are found, to a few roundings of the largest; after fewer steps the largest
/// are approximated from below, and the least value found is an upper bound of the map's least singular value. Where the vectors found so far span an invariant space, as for maps with equal singular values, the iteration goes on
/// with a vector orthogonal to all of them, so that no value is missed.
package struct GolubKahan {
  /// Orthonormal vectors of both sides, one for each step.
  private let left: [Block]
  private let right: [Block]
  /// What a product reads, and may overwrite.
  private let operand: Block
  private let steps: Int
  private let arena: Arena

  /// - Parameters:
  ///   - width: the largest dimension of the maps.
  ///   - steps: the most steps, at least 1.
  /// - Throws: `.memory`.
  package init(width: Int, steps: Int) throws(Failure) {
    self.steps = max(1, min(steps, width))
    var size = Arena.Size()
    for _ in 0..<2 * self.steps + 1 { size.add(rows: width, columns: 1, precision: .float64) }
    let arena = try Arena(size)
    self.arena = arena
    left = (0..<self.steps).map { _ in arena.block(rows: width, columns: 1, precision: .float64) }
    right = (0..<self.steps).map { _ in arena.block(rows: width, columns: 1, precision: .float64) }
    operand = arena.block(rows: width, columns: 1, precision: .float64)
  }

  /// The singular values, descending: as many as steps were taken.
  ///
  /// - Parameters:
  ///   - rows, columns: the dimensions of the map A.
  ///   - multiply: out = A·v, and transposed: out = Aᵀ·u. Both may overwrite what they are given.
  /// - Throws: `.notConverged`; `.notFinite`; what the products throw; the reason why the work must end.
  package func singularValues(
    rows: Int, columns: Int, multiply: (_ v: Block, _ out: Block) throws(Failure) -> Void, transposed: (_ u: Block, _ out: Block) throws(Failure) -> Void
  ) throws(Failure) -> [Double] {
    // After the last step of a wide map a part of A would be left over; its transpose has the same singular values.
    if columns > rows { return try tallSingularValues(columns, rows, transposed, multiply) }
    return try tallSingularValues(rows, columns, multiply, transposed)
  }

  private func tallSingularValues(
    _ rows: Int, _ columns: Int, _ multiply: (_ v: Block, _ out: Block) throws(Failure) -> Void, _ transposed: (_ u: Block, _ out: Block) throws(Failure) -> Void
  ) throws(Failure) -> [Double] {
    let count = min(steps, columns)
    let (u, v) = (left.map { $0.rows(0..<rows) }, right.map { $0.rows(0..<columns) })
    var (diagonal, above): ([Double], [Double]) = ([], [])
    // The largest coefficient so far, against which others count as zero.
    var size = 0.0
    fillIrregular(v[0])
    normalize(v[0])
    for k in 0..<count {
      copy(v[k], into: operand.rows(0..<columns))
      try multiply(operand.rows(0..<columns), u[k])
      diagonal.append(try Self.next(u[k], number: k, against: u[0..<k], &size))
      guard k + 1 < count else { break }
      copy(u[k], into: operand.rows(0..<rows))
      try transposed(operand.rows(0..<rows), v[k + 1])
      above.append(try Self.next(v[k + 1], number: k + 1, against: v[0...k], &size))
    }
    guard let values = DenseSpectrum.bidiagonalSingularValues(diagonal: diagonal, above: above) else {
      throw Failure(.notConverged, "the singular values of a bidiagonal matrix were not found")
    }
    return values
  }

  /// Makes a product the next orthonormal vector, and gives its coefficient: what is left of its length, or 0 where nothing is, the vector then being another one.
  private static func next(_ vector: Block, number: Int, against others: ArraySlice<Block>, _ size: inout Double) throws(Failure) -> Double {
    try Watch.check()
    guard dot(vector, vector).isFinite else { throw Failure(.notFinite, "a product of the layers' Jacobians is not finite in float64") }
    try orthogonalize(vector, against: others)
    let length = normalize(vector)
    size = max(size, length)
    if length > negligible * size { return length }
    fillIrregular(vector, number: number + 1)
    normalize(vector)
    try orthogonalize(vector, against: others)
    normalize(vector)
    return 0
  }

  private static let negligible = 1e-15
}
