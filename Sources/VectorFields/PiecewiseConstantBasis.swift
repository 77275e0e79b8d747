import Settings

/// Constant on m pieces of equal length: p_i(t) = 1 for i·T/m ≤ t < (i + 1)·T/m, else 0.
///
/// A layer uses the piece in which its midpoint lies, so that its weights are constant. A midpoint on a boundary belongs to the later piece. If the boundaries between pieces are times of the grid, the weights are
/// exactly θ(t). Otherwise a layer that contains a boundary uses the piece that covers more of it. Source: Haber & Ruthotto 2017, §3.2.
package struct PiecewiseConstantBasis: TimeBasis {
  private let pieces: Int

  /// - Parameter pieces: m, at least 1.
  package init(_ pieces: Int) { self.pieces = pieces }

  package var support: Int { 1 }
  package var degree: Int { 0 }

  /// - Throws: `.incompatible` if a piece contains the midpoint of no layer.
  package func count(on grid: TimeGrid) throws(Failure) -> Int {
    guard pieces <= grid.layers else {
      throw Failure(.incompatible, "basis_count is \(pieces) but layers is \(grid.layers); piecewise_constant weights need at least one layer a piece")
    }
    // Midpoints of equal layers are no farther apart than a piece is long.
    if grid.isUniform { return pieces }
    var next = 0
    for layer in 0..<grid.layers {
      let piece = index(grid.midpoint(layer), grid)
      guard piece <= next else { throw Failure(.incompatible, "piece \(next) of \(pieces) holds no layer's midpoint: take fewer pieces (basis_count) or other step_sizes") }
      if piece == next { next += 1 }
    }
    guard next == pieces else { throw Failure(.incompatible, "piece \(next) of \(pieces) holds no layer's midpoint: take fewer pieces (basis_count) or other step_sizes") }
    return pieces
  }

  package func piece(of layer: Int, on grid: TimeGrid) -> Int? { index(grid.midpoint(layer), grid) }

  private func index(_ time: Double, _ grid: TimeGrid) -> Int {
    // The time in units of a piece. A time that differs from a boundary only by rounding is on the boundary.
    let place = time / grid.horizon * Double(pieces)
    let nearest = place.rounded()
    return min(max(Int(abs(place - nearest) < 1e-9 ? nearest : place.rounded(.down)), 0), pieces - 1)
  }

  package func breakpoints(on grid: TimeGrid) -> [Double] { (0...pieces).map { grid.horizon * Double($0) / Double(pieces) } }

  package func evaluate(at time: Double, on grid: TimeGrid, into values: inout [Double]) -> Int {
    values[0] = 1
    return index(time, grid)
  }
}
