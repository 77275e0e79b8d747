/// A linear map that acts on each sample's column separately.
package protocol ColumnOperator {
  /// out = A·x; `out` is another block than `x`. Column s of `out` depends on column s of `x` alone.
  func apply(_ x: Block, into out: Block)
  /// Whether the work must end now; asked after each application.
  var isOver: Bool { get }
}

extension ColumnOperator {
  package var isOver: Bool { false }
}

/// Restarted GMRES for A_s x_s = b_s, one system a sample, all samples of a tile at once.
///
/// Source: Saad & Schultz (1986), "GMRES: a generalized minimal residual algorithm for solving nonsymmetric linear systems"; modified Gram–Schmidt. Every sample has its own Krylov space,
/// rotations and end, so its result has the same bits in any tile and alone.
package struct ColumnGMRES {
  /// The most basis vectors before a restart, where the systems are larger.
  package static let largestBasis = 20
  /// Unknowns of a system.
  package let size: Int
  /// Basis vectors kept: the systems' size, as far as `largestBasis`.
  package let restart: Int

  package init(size: Int) {
    self.size = size
    restart = min(size, Self.largestBasis)
  }

  /// Rows of scratch that `solve` needs.
  package var scratchRows: Int { (restart + 1) * size + ColumnHessenberg.rows(steps: restart) + 2 }

  /// x = A⁻¹b as far as ‖b − A x‖ ≤ relative·‖b‖, each sample separately; a sample whose residual a cycle does not halve is not iterated further.
  ///
  /// - Parameters:
  ///   - b: size × samples; not the memory of `x`.
  ///   - relative: one row, a tolerance a sample. A tolerance below the rounding of A·x is not reached; the residuals show it.
  ///   - cycles: restarts after which it ends.
  ///   - residuals: one row, receives ‖b − A x‖/‖b‖, NaN where numbers were not finite.
  ///   - scratch: `scratchRows` rows.
  /// - Returns: how often A was applied.
  @discardableResult package func solve<A: ColumnOperator>(
    _ a: A, _ b: Block, relative: Block, into x: Block, cycles: Int = 20, residuals: Block, scratch: Block
  ) -> Int {
    func basis(_ index: Int) -> Block { scratch.rows(index * size..<(index + 1) * size) }
    let scalars = (restart + 1) * size
    let hessenberg = ColumnHessenberg(steps: restart, memory: scratch.rows(scalars..<scalars + ColumnHessenberg.rows(steps: restart)))
    let powers = scratch.rows(scratchRows - 2..<scratchRows - 1)
    let inverses = scratch.rows(scratchRows - 1..<scratchRows)
    columnPowers(b, into: powers, inverses: inverses)
    let residual = basis(0)
    scaleColumns(inverses, b, scale: 1, addingTo: nil, into: residual)
    fill(x, 0)
    var applications = 0
    for cycle in 0...cycles {
      columnDots(residual, residual, into: hessenberg.squaredNorm)
      guard hessenberg.begin(isFirst: cycle == 0, relative: relative), cycle < cycles, !a.isOver else { break }
      scaleColumns(hessenberg.inverse, residual, scale: 1, addingTo: nil, into: residual)
      var count = 0
      while true {
        let next = basis(count + 1)
        a.apply(basis(count), into: next)
        for i in 0...count {
          columnDots(next, basis(i), into: hessenberg.entry(i, count))
          scaleColumns(hessenberg.entry(i, count), basis(i), scale: -1, addingTo: next, into: next)
        }
        columnDots(next, next, into: hessenberg.squaredNorm)
        let goesOn = hessenberg.finishStep(count)
        count += 1
        if !goesOn || count == restart || a.isOver { break }
        scaleColumns(hessenberg.inverse, next, scale: 1, addingTo: nil, into: next)
      }
      hessenberg.solve(count)
      for i in 0..<count { scaleColumns(hessenberg.solution(i), basis(i), scale: 1, addingTo: x, into: x) }
      // The true residual, not its estimate, is refined by the next cycle and reported.
      let product = basis(1)
      a.apply(x, into: product)
      combine(-1, product, 0, product, into: product)
      scaleColumns(inverses, b, scale: 1, addingTo: product, into: residual)
      applications += count + 1
    }
    hessenberg.relativeResiduals(into: residuals)
    scaleColumns(powers, x, scale: 1, addingTo: nil, into: x)
    return applications
  }
}
