/// Stencils of three taps an axis between a grid and the grid whose pixels are twice as wide.
///
/// Let P repeat each coarse pixel and R average each pair of fine ones, along each axis that has three taps, so that RP = I. The Galerkin operator K_H = R K_h P of a stencil (l, c, r) is the stencil
///
///     (L, C, R) = (½l, c + ½(l + r), ½r),
///
/// and no two stencils have the same: (l, c, r) = (2L, C − L − R, 2R). Two axes are treated one after the other. ‖K_H‖ ≤ ‖K_h‖, because √2R and P/√2 have norm 1.
/// Source: Haber, Ruthotto, Holtham & Jun 2017, "Learning across scales" (arXiv:1703.02009), §3.
package enum GalerkinStencils {
  /// R K P for every stencil, in place.
  ///
  /// - Parameters:
  ///   - stencils: one behind the other, each of rows · columns taps.
  ///   - rows: 1 or 3, and so are `columns`.
  package static func restrict(_ stencils: Vector, rows: Int, columns: Int) { forEachTriple(stencils, rows, columns) { (l, c, r) in (0.5 * l, c + 0.5 * (l + r), 0.5 * r) } }

  /// The stencils K_h of which the given ones are R K_h P, in place.
  package static func prolong(_ stencils: Vector, rows: Int, columns: Int) { forEachTriple(stencils, rows, columns) { (l, c, r) in (2 * l, c - l - r, 2 * r) } }

  private static func forEachTriple(_ stencils: Vector, _ rows: Int, _ columns: Int, _ body: (Double, Double, Double) -> (Double, Double, Double)) {
    precondition([1, 3].contains(rows) && [1, 3].contains(columns) && stencils.count % (rows * columns) == 0, "stencils of other extents")
    func apply(at place: Int, distance: Int) {
      let (l, c, r) = body(stencils.load(place), stencils.load(place + distance), stencils.load(place + 2 * distance))
      stencils.store(l, at: place)
      stencils.store(c, at: place + distance)
      stencils.store(r, at: place + 2 * distance)
    }
    for start in stride(from: 0, to: stencils.count, by: rows * columns) {
      if columns == 3 { for row in 0..<rows { apply(at: start + 3 * row, distance: 1) } }
      if rows == 3 { for column in 0..<columns { apply(at: start + column, distance: columns) } }
    }
  }
}
