import LinearAlgebra
import Settings

/// Weights as functions of time on a grid: the source or target of a projection. Time is measured relative to the horizon, so that functions on different horizons correspond.
package struct TimeFunctions: Sendable {
  package let basis: any TimeBasis
  package let grid: TimeGrid
  package let count: Int

  /// - Throws: `.incompatible` when the basis cannot be used on the grid.
  package init(_ basis: any TimeBasis, on grid: TimeGrid) throws(Failure) {
    self.basis = basis
    self.grid = grid
    count = try basis.count(on: grid)
  }

  /// The most coefficients that a projection takes or gives.
  package static let maximumProjected = 4096

  /// The matrix P, count of `target` × count of these, row-major, that takes coefficients θ to those of the nearest functions in the space of `target`:
  ///
  ///     M·P = C,   M_ik = ∫ q_i q_k dt,   C_ij = ∫ q_i p_j dt
  ///
  /// so that Pθ minimizes ∫ |Σ_i q_i (Pθ)_i − Σ_j p_j θ_j|² dt over [0, T]. Source: the orthogonal projection in L², e.g. Atkinson & Han 2009, "Theoretical numerical analysis", §3.4.
  ///
  /// - Throws: `.outOfRange` for more than `maximumProjected` coefficients.
  /// - Accuracy: the integrals are exact up to rounding (Gauss–Legendre between all breakpoints of both). An entry within 1e-14 of a whole number is that number, so that functions that the target's
  ///   space contains (a coarser grid's layers in a finer one's) are projected without rounding.
  package func projection(onto target: TimeFunctions) throws(Failure) -> [Double] {
    guard max(count, target.count) <= Self.maximumProjected else {
      throw Failure(.outOfRange, "a projection from \(count) to \(target.count) coefficients; both must be <= \(Self.maximumProjected)")
    }
    let (rows, columns) = (target.count, count)
    var gram = SymmetricBand(order: rows, width: target.basis.support)
    var mixed = Array(repeating: 0.0, count: rows * columns)
    let rule = GaussLegendre(max(target.basis.degree, (target.basis.degree + basis.degree + 1) / 2) + 1)
    var (from, to) = (Array(repeating: 0.0, count: basis.support), Array(repeating: 0.0, count: target.basis.support))
    let breakpoints = breakpoints(with: target)
    for (start, end) in zip(breakpoints, breakpoints.dropFirst()) {
      try Watch.check()
      for (point, share) in zip(rule.points, rule.weights) {
        let (time, weight) = (start + point * (end - start), share * (end - start))
        let first = basis.evaluate(at: time * grid.horizon, on: grid, into: &from)
        let row = target.basis.evaluate(at: time * target.grid.horizon, on: target.grid, into: &to)
        for (i, q) in to.enumerated() {
          for (k, other) in to[...i].enumerated() { gram[row + i, row + k] += weight * q * other }
          for (j, p) in from.enumerated() { mixed[(row + i) * columns + first + j] += weight * q * p }
        }
      }
    }
    try gram.solve(&mixed, columns: columns)
    return mixed.map { abs($0 - $0.rounded()) < 1e-14 ? $0.rounded() : $0 }
  }

  /// Whether the same coefficients give the same functions.
  package func isSame(as other: TimeFunctions) -> Bool {
    type(of: basis) == type(of: other.basis) && count == other.count && basis.degree == other.basis.degree && grid == other.grid
  }

  /// Breakpoints of both, relative to the horizon, ascending; points that differ only by rounding are merged.
  private func breakpoints(with other: TimeFunctions) -> [Double] {
    let all = (basis.breakpoints(on: grid).map { $0 / grid.horizon } + other.basis.breakpoints(on: other.grid).map { $0 / other.grid.horizon }).sorted()
    return all.reduce(into: []) { merged, time in
      if let last = merged.last, time - last < 1e-12 { return }
      merged.append(time)
    }
  }
}
