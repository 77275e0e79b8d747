import Settings

/// How weights are scaled so that their norm is at most 1.
package enum UnitNorm: String, CaseIterable, Sendable {
  /// diag(r)^{−½}K with the row sums r of |KKᵀ|.
  case rowSums = "row_sums"
  /// K·diag(c)^{−½} with the row sums c of |KᵀK|.
  case columnSums = "aol"
  /// K/β with an upper bound β of ‖K‖₂.
  case tight

  package var name: String { rawValue }
}

/// The map from a tensor of weights K to weights W with ‖W‖₂ ≤ 1, and its derivatives.
///
/// Work memory belongs to one K. `make` writes there what the derivatives read.
package protocol UnitScaling: Sendable {
  /// Numbers of work memory, of the given precision.
  func memoryCount(_ precision: Precision) -> Int
  /// W from K. All vectors have the layout of the tensor.
  func make(_ weights: Vector, into made: Vector, memory: UnsafeMutableRawPointer)
  /// The tangent of W for a tangent of K. `memory` is work memory of the direction's own, `base` that of K.
  func makeDirection(_ direction: Vector, into made: Vector, memory: UnsafeMutableRawPointer, at base: UnsafeMutableRawPointer)
  /// The transpose of `makeDirection`, in place: the cotangent of W becomes that of K.
  func pullBack(_ gradient: Vector, memory: UnsafeMutableRawPointer)
}

/// `UnitScaling` of a matrix.
///
/// - `row_sums`: r_i = ε² + Σ_j |KKᵀ|_ij, W = diag(r)^{−½}K. WWᵀ has the eigenvalues of diag(r)⁻¹KKᵀ, whose rows sum to at most 1 in absolute value, so that ‖W‖₂ ≤ 1. Source: Araujo et al. 2023 (arXiv:2303.03169).
/// - `aol`: the same of Kᵀ, W = K·diag(c)^{−½}. Source: Prach & Lampert 2022, "Almost-orthogonal layers", theorem 1.
/// - `tight`: W = K/√(β² + ε²) with the bound β of `GramNorm`. The norm of W is then near 1, while the sums leave it smaller by a factor that grows with the number of rows: about 0.5 for random square matrices.
///
/// ε = 2⁻¹⁰ bounds the division where K vanishes: a row of zeros stays zero and has a finite derivative. A K with numbers beyond 2²⁰ is first divided by a power of two, so that a huge K is scaled like any other. All sums
/// are Doubles. W is shrunk by 2√o units of roundoff, o being its smaller extent, which is more than the rounding of its numbers changes its norm.
package struct MatrixScaling: UnitScaling {
  private let kind: UnitNorm
  private let rows: Int
  private let columns: Int
  private let norm: GramNorm

  private static let floor = 0x1p-10

  package init(_ kind: UnitNorm, rows: Int, columns: Int) {
    (self.kind, self.rows, self.columns) = (kind, rows, columns)
    norm = GramNorm(rows: rows, columns: columns, withDerivative: true)
  }

  /// The places in work memory, which are Doubles.
  private struct Room {
    /// K divided by its unit; and for `tight` the derivative of β, for the sums the cotangent that comes from them.
    let scaled, second: Matrix
    /// KKᵀ or KᵀK for the sums, and room for its cotangent; the memory of the iteration for `tight`.
    let gram, gramCotangent: Vector
    /// The factors of the rows that are scaled, and what changes with them; for `tight` 1/factor alone.
    let factors, changes: Vector
    /// The power of two by which K is divided, and β.
    let numbers: Vector
  }

  private var size: Int { rows * columns }
  /// The rows of the matrix whose rows are scaled.
  private var order: Int { kind == .columnSums ? columns : rows }
  private var gramCount: Int { kind == .tight ? norm.memoryCount : order * order }
  private var doubles: Int { 2 * size + (kind == .tight ? 1 : 2) * gramCount + 2 * order + 2 }

  // Floats for padding are added, so that the Doubles can begin at a multiple of eight bytes.
  package func memoryCount(_ precision: Precision) -> Int { precision == .float64 ? doubles : 2 * doubles + 2 }

  private func room(_ memory: UnsafeMutableRawPointer) -> Room {
    var next = memory.alignedUp(toMultipleOf: 8)
    func take(_ count: Int) -> Vector {
      defer { next += 8 * count }
      return Vector(next, count: count, precision: .float64)
    }
    func matrix() -> Matrix { Matrix(take(size).base, rows: rows, columns: columns, precision: .float64) }
    return Room(scaled: matrix(), second: matrix(), gram: take(gramCount), gramCotangent: take(kind == .tight ? 0 : gramCount), factors: take(order), changes: take(order), numbers: take(2))
  }

  private func tensor(_ vector: Vector) -> Matrix {
    precondition(vector.count == size, "unit scaling: shapes")
    return Matrix(vector.base, rows: rows, columns: columns, precision: vector.precision)
  }
  private func vector(_ matrix: Matrix) -> Vector { Vector(matrix.base, count: size, precision: .float64) }
  /// The matrix whose rows are scaled.
  private func side(_ matrix: Matrix) -> Matrix { kind == .columnSums ? matrix.transposed : matrix }
  private func square(_ vector: Vector) -> Matrix { Matrix(vector.base, rows: order, columns: order, precision: .float64) }

  package func make(_ weights: Vector, into made: Vector, memory: UnsafeMutableRawPointer) {
    let room = room(memory)
    let unit = GramNorm.unit(of: tensor(weights))
    room.numbers.store(unit, at: 0)
    assign(1 / unit, tensor(weights), into: room.scaled)
    // The lower limit keeps the third power of a factor finite.
    let floor = max(Self.floor / unit * (Self.floor / unit), 0x1p-400)
    let inside = 1 - 2 * Double(min(rows, columns)).squareRoot() * made.precision.epsilon
    if kind == .tight {
      let bound = norm.bound(room.scaled, derivative: room.second, memory: room.gram)
      room.numbers.store(bound, at: 1)
      room.factors.store((bound * bound + floor).squareRoot(), at: 0)
      return assign(inside / room.factors.load(0), room.scaled, into: tensor(made))
    }
    let x = side(room.scaled)
    multiply(1, x, x.transposed, 0, addingTo: square(room.gram))
    let watch = Watch.current
    for i in 0..<order where !watch.isOver { room.factors.store(1 / (floor + magnitudeSum(room.gram[i * order..<(i + 1) * order])).squareRoot(), at: i) }
    scaleRows(x, by: room.factors, times: inside, into: side(tensor(made)))
  }

  package func makeDirection(_ direction: Vector, into made: Vector, memory: UnsafeMutableRawPointer, at base: UnsafeMutableRawPointer) {
    let (here, room) = (room(base), room(memory))
    assign(1 / here.numbers.load(0), tensor(direction), into: room.scaled)
    if kind == .tight {
      let (norm, bound) = (here.factors.load(0), here.numbers.load(1))
      // d(1/√(β² + ε²)) = −β dβ/√(β² + ε²)³.
      assign(1 / norm, room.scaled, into: tensor(made))
      return add(-bound / (norm * norm * norm) * dot(vector(here.second), vector(room.scaled)), here.scaled, to: tensor(made))
    }
    let (x, dx) = (side(here.scaled), side(room.scaled))
    multiply(1, dx, x.transposed, 0, addingTo: square(room.gram))
    // r_i' = Σ_j sign(KKᵀ)_ij (K'Kᵀ + KK'ᵀ)_ij, and for d = 1/√r, d_i' = −½ d_i³ r_i'.
    let (signs, products) = (numbers(here.gram), numbers(room.gram))
    let watch = Watch.current
    for i in 0..<order where !watch.isOver {
      var sum = 0.0
      for j in 0..<order { sum += sign(signs[i * order + j]) * (products[i * order + j] + products[j * order + i]) }
      room.changes.store(-0.5 * cube(here.factors.load(i)) * sum, at: i)
    }
    scaleRows(dx, by: here.factors, times: 1, into: side(tensor(made)))
    scaleRows(x, by: room.changes, times: 1, addingTo: side(tensor(made)), into: side(tensor(made)))
  }

  package func pullBack(_ gradient: Vector, memory: UnsafeMutableRawPointer) {
    let room = room(memory)
    let unit = room.numbers.load(0)
    if kind == .tight {
      let (norm, bound) = (room.factors.load(0), room.numbers.load(1))
      let along = products(tensor(gradient), room.scaled) { _, _ in }
      assign(1 / (norm * unit), tensor(gradient), into: tensor(gradient))
      return add(-bound / (norm * norm * norm) * along / unit, room.second, to: tensor(gradient))
    }
    let (x, g, cotangent) = (side(room.scaled), side(tensor(gradient)), side(room.second))
    for i in 0..<order { room.changes.store(0, at: i) }
    _ = products(g, x) { row, sum in room.changes.store(-0.5 * cube(room.factors.load(row)) * sum, at: row) }
    // The cotangent of KKᵀ, added to its transpose.
    let (signs, sums, r) = (numbers(room.gram), numbers(room.gramCotangent), numbers(room.changes))
    let watch = Watch.current
    for i in 0..<order where !watch.isOver {
      for j in i..<order {
        let value = sign(signs[i * order + j]) * r[i] + sign(signs[j * order + i]) * r[j]
        (sums[i * order + j], sums[j * order + i]) = (value, value)
      }
    }
    multiply(1, square(room.gramCotangent), x, 0, addingTo: cotangent)
    scaleRows(g, by: room.factors, times: 1 / unit, into: g)
    add(1 / unit, cotangent, to: g)
  }

  private func numbers(_ vector: Vector) -> UnsafeMutablePointer<Double> { vector.base.assumingMemoryBound(to: Double.self) }
  @inline(__always) private func sign(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : 0 }
  private func cube(_ x: Double) -> Double { x * x * x }
}
