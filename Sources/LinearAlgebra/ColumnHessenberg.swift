/// The small least-squares problems of GMRES, one for each sample, solved by Givens rotations. The rows of a block hold all scalars of the Arnoldi process, with one column per sample.
///
/// Source: Saad (2003), "Iterative methods for sparse linear systems", §6.5.3. A sample stops when it has converged or its Krylov space is exhausted. Its further basis vectors and coefficients are zero, so its
/// result has the same bits however long other samples continue.
struct ColumnHessenberg {
  /// The most basis vectors.
  let steps: Int
  private let memory: Block

  /// Rows of memory for so many steps.
  static func rows(steps: Int) -> Int { steps * (steps + 1) / 2 + 3 * steps + 1 + 6 }

  init(steps: Int, memory: Block) {
    self.steps = steps
    self.memory = memory
  }

  private func row(_ index: Int) -> Block { memory.rows(index..<index + 1) }
  private var triangle: Int { steps * (steps + 1) / 2 }
  /// ⟨A v_j, v_i⟩, i ≤ j, and later the triangular factor.
  func entry(_ i: Int, _ j: Int) -> Block { row(j * (j + 1) / 2 + i) }
  private func cosine(_ j: Int) -> Block { row(triangle + j) }
  private func sine(_ j: Int) -> Block { row(triangle + steps + j) }
  /// The rotated right-hand side, then the coefficients of the solution.
  func solution(_ j: Int) -> Block { row(triangle + 2 * steps + j) }
  private func scalar(_ index: Int) -> Block { row(triangle + 3 * steps + 1 + index) }
  /// The squared norm of the next basis vector before its scaling, written by the caller.
  var squaredNorm: Block { scalar(0) }
  /// The factor by which the caller scales that vector.
  var inverse: Block { scalar(1) }
  private var active: Block { scalar(2) }
  private var target: Block { scalar(3) }
  private var norm: Block { scalar(4) }
  private var firstNorm: Block { scalar(5) }

  /// Begins a cycle; `squaredNorm` holds the squared norms of the residuals. Returns false if every sample is finished, because it has converged or the last cycle did not halve its residual.
  func begin(isFirst: Bool, relative: Block) -> Bool {
    switch memory.precision {
    case .float32: begin(isFirst, relative, Float.self)
    case .float64: begin(isFirst, relative, Double.self)
    }
  }

  /// Adds column j, given by its entries and `squaredNorm`. Returns false if no sample continues.
  func finishStep(_ j: Int) -> Bool {
    switch memory.precision {
    case .float32: finishStep(j, Float.self)
    case .float64: finishStep(j, Double.self)
    }
  }

  /// The coefficients of `count` basis vectors, in `solution`.
  func solve(_ count: Int) {
    switch memory.precision {
    case .float32: solve(count, Float.self)
    case .float64: solve(count, Double.self)
    }
  }

  /// ‖residual‖/‖right-hand side‖ as of the last `begin`; 0 for a right-hand side of zeros.
  func relativeResiduals(into out: Block) {
    switch memory.precision {
    case .float32: relativeResiduals(out, Float.self)
    case .float64: relativeResiduals(out, Double.self)
    }
  }

  @inline(__always) private func begin<Number: BinaryFloatingPoint>(_ isFirst: Bool, _ relative: Block, _: Number.Type) -> Bool {
    let (squares, inverse, active) = (ColumnScalars<Number>(squaredNorm), ColumnScalars<Number>(inverse), ColumnScalars<Number>(active))
    let (target, norm, firstNorm) = (ColumnScalars<Number>(target), ColumnScalars<Number>(norm), ColumnScalars<Number>(firstNorm))
    let (relative, right) = (ColumnScalars<Number>(relative), ColumnScalars<Number>(solution(0)))
    var goesOn = false
    for s in 0..<squares.count {
      let size = squares[s].squareRoot()
      if isFirst { (firstNorm[s], target[s]) = (size, relative[s] * size) }
      let isActive = size > target[s] && size.isFinite && (isFirst || 2 * size < norm[s])
      norm[s] = size
      active[s] = isActive ? 1 : 0
      right[s] = isActive ? size : 0
      inverse[s] = isActive ? 1 / size : 0
      goesOn = goesOn || isActive
    }
    return goesOn
  }

  @inline(__always) private func finishStep<Number: BinaryFloatingPoint>(_ j: Int, _: Number.Type) -> Bool {
    let (squares, inverse, active) = (ColumnScalars<Number>(squaredNorm), ColumnScalars<Number>(inverse), ColumnScalars<Number>(active))
    let (target, cosine, sine) = (ColumnScalars<Number>(target), ColumnScalars<Number>(cosine(j)), ColumnScalars<Number>(sine(j)))
    let (diagonal, right, nextRight) = (ColumnScalars<Number>(entry(j, j)), ColumnScalars<Number>(solution(j)), ColumnScalars<Number>(solution(j + 1)))
    var goesOn = false
    for s in 0..<squares.count {
      let below = squares[s].squareRoot()
      var size = squares[s]
      if active[s] != 0 {
        // The rotations so far, down the new column.
        var carried = ColumnScalars<Number>(entry(0, j))[s]
        size += carried * carried
        for i in 0..<j {
          let under = ColumnScalars<Number>(entry(i + 1, j))[s]
          size += under * under
          let (c, d) = (ColumnScalars<Number>(self.cosine(i))[s], ColumnScalars<Number>(self.sine(i))[s])
          ColumnScalars<Number>(entry(i, j))[s] = c * carried + d * under
          carried = c * under - d * carried
        }
        let pivot = (carried * carried + squares[s]).squareRoot()
        if pivot > 0, pivot.isFinite {
          (cosine[s], sine[s], diagonal[s]) = (carried / pivot, below / pivot, pivot)
          nextRight[s] = -sine[s] * right[s]
          right[s] = cosine[s] * right[s]
          if nextRight[s].magnitude > target[s], below > Number.ulpOfOne * size.squareRoot() {
            inverse[s] = 1 / below
            goesOn = true
            continue
          }
        } else {
          // For a singular matrix, or numbers that are not finite, this direction is not used.
          (cosine[s], sine[s], diagonal[s], right[s]) = (1, 0, 1, 0)
        }
        active[s] = 0
      } else {
        for i in 0..<j { ColumnScalars<Number>(entry(i, j))[s] = 0 }
        (cosine[s], sine[s], diagonal[s]) = (1, 0, 1)
      }
      (nextRight[s], inverse[s]) = (0, 0)
    }
    return goesOn
  }

  @inline(__always) private func solve<Number: BinaryFloatingPoint>(_ count: Int, _: Number.Type) {
    for j in (0..<count).reversed() {
      let (value, diagonal) = (ColumnScalars<Number>(solution(j)), ColumnScalars<Number>(entry(j, j)))
      for s in 0..<value.count { value[s] /= diagonal[s] }
      for i in 0..<j {
        let (above, factor) = (ColumnScalars<Number>(solution(i)), ColumnScalars<Number>(entry(i, j)))
        for s in 0..<value.count { above[s] -= factor[s] * value[s] }
      }
    }
  }

  @inline(__always) private func relativeResiduals<Number: BinaryFloatingPoint>(_ out: Block, _: Number.Type) {
    let (out, norm, firstNorm) = (ColumnScalars<Number>(out), ColumnScalars<Number>(norm), ColumnScalars<Number>(firstNorm))
    for s in 0..<out.count { out[s] = firstNorm[s] == 0 ? 0 : norm[s] / firstNorm[s] }
  }
}
