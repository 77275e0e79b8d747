import Settings

/// Computes upper bounds of spectral norms ‖W‖₂ = σ_max(W). A bound is never below the true norm, so that stability can be concluded from it.
///
/// Lanczos' iteration estimates the largest eigenvalue λ of the Gram matrix G = WWᵀ, formed over the shorter side of W. If Cholesky's factorization of c²I − G succeeds, this proves that ‖W‖ ≤ c. The bound is the
/// smallest c² = λ·1.02ʲ, j = 1, 2, …, for which it succeeds. It exceeds the norm by less than the factor `looseness`, which is 1 % plus rounding errors.
///
/// A tight bound takes the ratio `tightRatio` in place of 1.02 and computes in Double always: it exceeds the norm by less than 0.1 %.
///
/// Products are computed in the matrix's own precision, or in Double if G is larger than `largestFloat` or the bound is tight. Let ε be the epsilon of this precision, n the order of G and m the length of its sums. To first order, rounding
/// changes G by at most ½mε‖W‖_F², and the factorization proves its statement up to ½(n + 1)ε times the trace nc² − ‖W‖_F². c² is increased by one and a half times the sum of both.
/// Sources: Golub & Van Loan 2013, "Matrix computations", §10.1; Rump 2006, "Verification of positive definiteness", BIT 46, for the proof in floating-point arithmetic.
///
/// Memory is allocated once. Only one thread may use the object at a time.
package final class NormBound {
  /// The number of bounds computed so far.
  package internal(set) var count = 0
  let arena: Arena
  private let rows: Int
  private let columns: Int
  /// The ratio of successive trial values of c².
  static let ratio = 1.02
  /// The same for tight bounds.
  static let tightRatio = 1.0005
  private let isTight: Bool
  var trialRatio: Double { isTight ? Self.tightRatio : Self.ratio }
  /// The ratios that a tight bound tries first.
  private var closerRatios: [Double] { isTight ? [1 + 2e-6, 1 + 5e-5] : [] }
  /// The largest order of a Gram matrix that is computed in Float. For larger ones, rounding errors would increase the bound by more than 1 %.
  private static let largestFloat = 256

  /// - Parameters:
  ///   - rows, columns: the largest extents of all matrices whose norms will be bounded, the smaller first.
  ///   - numbers: further Doubles, which convolutions need.
  ///   - isTight: whether bounds shall be close to the norms, for certificates.
  /// - Throws: `memory`.
  package init(rows: Int, columns: Int, numbers: Int = 0, isTight: Bool = false) throws(Failure) {
    precondition(rows >= 1 && rows <= columns, "the shorter side comes first")
    try requireProductMemory()
    (self.rows, self.columns, self.isTight) = (rows, columns, isTight)
    var size = Arena.Size()
    size.add(rows: rows, columns: Self.padded(columns), precision: .float64)
    for _ in 0..<2 { size.add(rows: rows, columns: rows, precision: .float64) }
    for _ in 0..<LargestEigenvalue.vectors { size.add(count: rows, precision: .float64) }
    size.add(count: numbers, precision: .float64)
    arena = try Arena(size)
  }

  static func padded(_ count: Int) -> Int { (count + Block.quantum - 1) / Block.quantum * Block.quantum }

  /// A bound of ‖W‖₂, or of ‖½(W − Wᵀ)‖₂.
  ///
  /// - Parameters:
  ///   - matrix: finite numbers of any precision, one stride being 1; no larger than the memory.
  ///   - target: if ‖·‖_F is at most this, it is returned as the bound.
  /// - Returns: the bound; NaN or infinity if the matrix contains such numbers.
  /// - Cost: one pass for ‖·‖_F; one product of n·n·m operations; n³/3 operations for each trial, of which there is rarely more than one; 20 products with a vector.
  package func bound(_ matrix: Matrix, isAntisymmetric: Bool = false, enough target: Double = 0) -> Double {
    precondition(!isAntisymmetric || matrix.rows == matrix.columns, "the antisymmetric part of a square matrix")
    count += 1
    arena.release(to: 0)
    let wide = matrix.rows <= matrix.columns ? matrix : matrix.transposed
    precondition(wide.rows <= rows && wide.columns <= columns, "a matrix larger than its memory")
    let (n, m) = (wide.rows, wide.columns)
    let block = dense(wide, isAntisymmetric)
    let numbers = Vector(block.base, count: block.rows * block.columns, precision: block.precision)
    // Scaling by a power of two is exact and keeps squares from overflowing or vanishing.
    var unit = 1.0
    var squares = sumOfSquares(block)
    if !(1e-12...1e12 ~= squares) {
      let largest = largestMagnitude(numbers)
      guard largest > 0, largest.isFinite else { return largest }
      let most = block.precision == .float32 ? 100 : 1000
      unit = Double(sign: .plus, exponent: max(min(Int(largest.exponent), most), -most), significand: 1)
      scale(1 / unit, block)
      squares = sumOfSquares(block)
    }
    let frobenius = squares.squareRoot() * (1 + 4 * Double(n * m + 16) * Double.ulpOfOne + 4 * block.precision.epsilon)
    guard n > 1, unit * frobenius > target else { return unit * frobenius }
    return unit * min(frobenius, proven(block, columns: m, below: frobenius))
  }

  /// The factor by which a bound exceeds the norm at most, for matrices of this shape and precision.
  package static func looseness(rows: Int, columns: Int, precision: Precision) -> Double {
    let (n, m) = (min(rows, columns), max(rows, columns))
    // ‖W‖_F² is at most n‖W‖², and a factorization can fail only because of its rounding errors.
    return ratio.squareRoot() * (1 + 1.1 * ratio * Double(n) * widening(m, working(n, precision)))
  }

  private static func working(_ order: Int, _ precision: Precision) -> Precision { order > largestFloat ? .float64 : precision }

  /// By how much c² is increased, relative to nc²; m is the length of the longer sums.
  static func widening(_ m: Int, _ precision: Precision) -> Double { 0.75 * Double(m + 4) * precision.epsilon }

  /// W, or ½(W − Wᵀ), in rows without gaps but for padding.
  private func dense(_ matrix: Matrix, _ isAntisymmetric: Bool) -> Block {
    let block = arena.block(rows: matrix.rows, columns: Self.padded(matrix.columns), precision: isTight ? .float64 : Self.working(matrix.rows, matrix.precision))
    if block.columns > matrix.columns { fill(block, 0) }
    let target = Matrix(block.base, rows: matrix.rows, columns: matrix.columns, rowStride: block.columns, columnStride: 1, precision: block.precision)
    switch (isAntisymmetric, block.precision == matrix.precision) {
    case (true, true): antisymmetrize(matrix, damping: 0, into: target)
    case (true, false): antisymmetricPart(0.5, matrix, into: target)
    case (false, true): copy(matrix, into: target)
    case (false, false): assign(1, matrix, into: target)
    }
    return block
  }

  /// An upper bound of the largest eigenvalue of S = ½(W + Wᵀ), which may be negative.
  ///
  /// The factorization of cI − (S + νI) proves a bound c of the largest eigenvalue of S + νI, which is not negative; ν ≥ ‖W‖. Rounding changes S + νI by at most εν in each of its n rows, and the factorization proves its statement up to
  /// ½(n + 1)ε times the trace, which is at most 3nν.
  ///
  /// - Parameters:
  ///   - matrix: square, finite, no larger than the memory.
  ///   - norm: an upper bound ν of ‖W‖.
  package func largestEigenvalue(ofSymmetricPart matrix: Matrix, norm: Double) -> Double {
    precondition(matrix.rows == matrix.columns && matrix.rows <= rows, "a square matrix that fits the memory")
    guard norm > 0, norm.isFinite else { return norm }
    count += 1
    arena.release(to: 0)
    let n = matrix.rows
    let room = arena.block(rows: n, columns: n, precision: .float64)
    let whole = Matrix(room.base, rows: n, columns: n, precision: .float64)
    let unit = Double(sign: .plus, exponent: max(min(Int(norm.exponent), 1000), -1000), significand: 1)
    let shift = norm / unit
    assign(1 / unit, matrix, into: whole)
    symmetrize(whole, into: whole)
    let numbers = Vector(room.base, count: n * n, precision: .float64)
    for i in 0..<n { numbers.store(numbers.load(i * (n + 1)) + shift, at: i * (n + 1)) }
    let factor = arena.vector(count: n * n, precision: .float64)
    let vectors = (0..<LargestEigenvalue.vectors).map { _ in arena.vector(count: n, precision: .float64) }
    let estimate = LargestEigenvalue.estimate(whole, vectors)
    let rounding = Double(n) * (3 * Double(n) + 8) * Double.ulpOfOne * shift
    var trial = estimate + 1e-9 * shift
    for step in 0..<40 where trial < 2 * shift && !Watch.current.isOver {
      copy(room, into: Block(factor.base, rows: n, columns: n, precision: .float64))
      if isPositiveDefinite(trial, minus: Matrix(factor.base, rows: n, columns: n, precision: .float64)) {
        let found = unit * (trial + rounding - shift)
        return min(norm, found + 4 * Double.ulpOfOne * norm)
      }
      trial += 1e-4 * Double(step + 1) * shift
    }
    return norm
  }

  /// The least proven c, or `limit`.
  private func proven(_ block: Block, columns m: Int, below limit: Double) -> Double {
    let gram = GramMatrix(of: block, columns: m, arena)
    let estimate = gram.estimate()
    // Where the estimate is as good as exact, a tight bound is, too.
    for closer in closerRatios where estimate > 0 && estimate * closer < limit * limit && !Watch.current.isOver {
      if let square = gram.proven(estimate * closer) { return square.squareRoot() }
    }
    var trial = estimate * trialRatio
    while trial > 0, trial < limit * limit, !Watch.current.isOver {
      if let square = gram.proven(trial) { return square.squareRoot() }
      trial *= trialRatio
    }
    return limit
  }
}

/// The Gram matrix G = WWᵀ of a block of rows, with memory for its factorization.
struct GramMatrix {
  private let gram: Vector
  private let factor: Vector
  private let vectors: [Vector]
  private let order: Int
  /// ‖W‖_F² ≤ nc²: both rounding errors together are at most the share of nc² that the longer sums give.
  private let widening: Double

  /// - Parameter columns: of W; the block's columns after them are zeros.
  init(of block: Block, columns: Int, _ arena: Arena) {
    let (n, precision) = (block.rows, block.precision)
    (gram, factor) = (arena.vector(count: n * n, precision: precision), arena.vector(count: n * n, precision: precision))
    vectors = (0..<LargestEigenvalue.vectors).map { _ in arena.vector(count: n, precision: precision) }
    (order, widening) = (n, 1 + Double(n) * NormBound.widening(columns, precision))
    fill(Self.rows(gram, n), 0)
    accumulateOuter(block, block, addingTo: Matrix(gram.base, rows: n, columns: n, precision: precision))
  }

  private static func rows(_ square: Vector, _ order: Int) -> Block { Block(square.base, rows: order, columns: order, precision: square.precision) }

  /// An estimate of ‖W‖₂² from below.
  func estimate() -> Double { LargestEigenvalue.estimate(Matrix(gram.base, rows: order, columns: order, precision: gram.precision), vectors) }

  /// A proven bound of ‖W‖₂² of about `square`; nil if the proof fails.
  func proven(_ square: Double) -> Double? {
    let square = gram.precision == .float32 ? Double(Float(square)) : square
    copy(Self.rows(gram, order), into: Self.rows(factor, order))
    return isPositiveDefinite(square, minus: Matrix(factor.base, rows: order, columns: order, precision: factor.precision)) ? square * widening : nil
  }

  /// Whether ‖W‖₂² ≤ `square` is proven.
  func isProven(atMost square: Double) -> Bool { proven(square / widening * (1 - 2 * gram.precision.epsilon)).map { $0 <= square } ?? false }
}
