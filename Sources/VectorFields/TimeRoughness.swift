import LinearAlgebra
import Settings

/// A measure of how much a tensor changes over time: ∫₀ᵀ‖θ̇(t)‖² dt as a quadratic form of its entries θ_i.
///
/// For a continuous basis, θ(t) = Σ_i p_i(t)θ_i, the form has the coefficients g_ik = ∫ṗ_i ṗ_k dt, exact up to rounding. If entries are constant on pieces of time, the derivative does not exist. Then the function
/// that is linear between the middles of the pieces is used instead, which gives Σ_j‖θ_j − θ_{j−1}‖²/d_j with the time d_j between two middles, as in Haber & Ruthotto (2017, §3.3).
package enum TimeRoughness: Sendable {
  /// No change: there is a single entry.
  case none
  /// Entries at equal distances in time: Σ_j‖θ_j − θ_{j−1}‖²/d.
  case even(distance: Double)
  case form(BandForm)

  /// The roughness of the coefficients of a basis on a grid.
  /// - Throws: `incompatible` when they do not go together; `memory`.
  package init(_ basis: any TimeBasis, on grid: TimeGrid) throws(Failure) {
    let breakpoints = basis.breakpoints(on: grid)
    self = basis.degree == 0 ? try Self(pieces: breakpoints) : try Self(functions: basis, on: grid, breakpoints)
  }

  /// The roughness of tensors with an entry for each layer, or for each but the first.
  /// - Throws: `memory`.
  package init(layersOf grid: TimeGrid, skippingFirst: Bool) throws(Failure) {
    self = try Self(pieces: ((skippingFirst ? 1 : 0)...grid.layers).map { grid.time($0) })
  }

  /// - Parameter breakpoints: where the pieces begin, and where the last one ends.
  private init(pieces breakpoints: [Double]) throws(Failure) {
    let count = breakpoints.count - 1
    guard count > 1 else {
      self = .none
      return
    }
    let mean = (breakpoints[count] - breakpoints[0]) / Double(count)
    if zip(breakpoints, breakpoints.dropFirst()).allSatisfy({ abs($1 - $0 - mean) < 1e-9 * mean }) {
      self = .even(distance: mean)
      return
    }
    self = .form(
      try BandForm(order: count, width: 2) { add in
        for j in 1..<count {
          let inverse = 2 / (breakpoints[j + 1] - breakpoints[j - 1])
          add(j - 1, j - 1, inverse)
          add(j, j - 1, -inverse)
          add(j, j, inverse)
        }
      })
  }

  /// By Gauss–Legendre quadrature between all breakpoints: d points for products of degree 2d − 2, d the degree of the basis, whose derivatives there follow from its values at d + 1 points.
  private init(functions basis: any TimeBasis, on grid: TimeGrid, _ breakpoints: [Double]) throws(Failure) {
    let (count, support) = (try basis.count(on: grid), basis.support)
    let rule = GaussLegendre(basis.degree + 1)
    let slopes = differentiation(at: rule.points)
    self = .form(
      try BandForm(order: count, width: support) { add in
        var (values, row) = (Array(repeating: 0.0, count: support), Array(repeating: 0.0, count: support))
        for (start, end) in zip(breakpoints, breakpoints.dropFirst()) {
          var (first, sampled) = (0, [[Double]]())
          for point in rule.points {
            first = basis.evaluate(at: start + point * (end - start), on: grid, into: &values)
            sampled.append(values)
          }
          for (weight, factors) in zip(rule.weights, slopes) {
            for i in 0..<support { row[i] = zip(factors, sampled).reduce(0) { $0 + $1.0 * $1.1[i] } }
            for i in 0..<support { for k in 0...i { add(first + i, first + k, weight / (end - start) * row[i] * row[k]) } }
          }
        }
      })
  }
}

/// The matrix that takes a polynomial's values at n points to its derivatives there, for degrees below n.
///
/// D_ik = (w_k/w_i)/(x_i − x_k) with the barycentric weights w_k = 1/Π_{j≠k}(x_k − x_j); rows sum to zero. Source: Berrut & Trefethen 2004, "Barycentric Lagrange interpolation", (9.4) and (9.5).
private func differentiation(at x: [Double]) -> [[Double]] {
  let n = x.count
  // The product is scaled to numbers of order 1 on [0, 1], whose capacity is a quarter.
  var weights = Array(repeating: 1.0, count: n)
  for k in 0..<n { for j in 0..<n where j != k { weights[k] /= 4 * (x[k] - x[j]) } }
  var matrix = Array(repeating: Array(repeating: 0.0, count: n), count: n)
  for i in 0..<n {
    for k in 0..<n where k != i { matrix[i][k] = weights[k] / weights[i] / (x[i] - x[k]) }
    matrix[i][i] = -matrix[i].reduce(0, +)
  }
  return matrix
}
