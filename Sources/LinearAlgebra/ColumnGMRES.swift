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

/// Restarted GMRES for the systems A_s x_s = b_s, one for each sample, for all samples of a tile at the same time.
///
/// Source: Saad & Schultz (1986), "GMRES: a generalized minimal residual algorithm for solving nonsymmetric linear systems"; modified Gram–Schmidt. Every sample has its own Krylov space and rotations and ends by
/// itself, so its result has the same bits in any tile and alone.
package struct ColumnGMRES {
  /// The largest number of basis vectors before a restart.
  package static let largestBasis = 20
  /// Unknowns of a system.
  package let size: Int
  /// The number of basis vectors before a restart: the size of the systems, but at most `largestBasis`.
  package let restart: Int

  package init(size: Int) {
    self.size = size
    restart = min(size, Self.largestBasis)
  }

  /// Rows of scratch that `solve` needs.
  package var scratchRows: Int { (restart + 1) * size + ColumnHessenberg.rows(steps: restart) + 2 }

  /// Solves A x = b until ‖b − A x‖ ≤ relative·‖b‖, for each sample separately. If a cycle does not halve a sample's residual, the sample is not iterated further.
  ///
  /// - Parameters:
  ///   - b: size × samples; not the memory of `x`.
  ///   - relative: one row with the tolerance of each sample. A tolerance below the rounding errors of A·x is not reached, as the residuals then show.
  ///   - cycles: the largest number of cycles.
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
      // The residual is computed anew rather than estimated. It is what the next cycle reduces and what is reported.
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
