import LinearAlgebra
import Settings

/// Minimizes the quadratic model m(x) = gᵀx + ½xᵀBx within ‖x‖_M ≤ Δ by preconditioned conjugate gradients, which stop at the radius or at a direction without positive curvature.
///
/// Source: Steihaug 1983; Conn, Gould & Toint 2000, algorithm 7.5.1.
package struct TruncatedCG {
  /// The options that all methods with inner iterations read.
  package static let options: [OptionDescription] = [
    OptionDescription("cg_iterations", .integer(1...1_000_000), default: .integer(20), unit: "products", "most products with the curvature matrix in one step, the limit of the inner conjugate gradient iteration"),
    OptionDescription(
      "cg_tolerance", .real(0...1.0.nextDown), default: .real(0.1), unit: "1", "the inner conjugate gradient iteration ends when the norm of its residual is at most this fraction of the first"),
    OptionDescription(
      "curvature_fraction", .real(0...1, openBelow: true), default: .real(1), unit: "1",
      "fraction of the step's samples that is used for products with the curvature matrix; 1: all of them"),
    OptionDescription(
      "preconditioner_shift", .real(0...Double.greatestFiniteMagnitude, openBelow: true), default: .real(1e-2), unit: "1",
      "γ of the preconditioner (αLᵀL + γI)⁻¹, which is used if the option smoothness, its α, is above 0"),
  ]
  /// The number of vectors that `minimize` needs as scratch memory.
  package static let scratchCount = 5

  package let mostIterations: Int
  package let tolerance: Double
  /// The fraction of the samples that products with the curvature use.
  package let fraction: Double

  package init(mostIterations: Int, tolerance: Double, fraction: Double = 1) {
    self.mostIterations = mostIterations
    self.tolerance = tolerance
    self.fraction = fraction
  }

  package init(_ values: OptionValues) throws(Failure) {
    self.init(mostIterations: try values.integer("cg_iterations"), tolerance: try values.real("cg_tolerance"), fraction: try values.real("curvature_fraction"))
  }

  /// The result of `minimize`.
  package struct Result {
    /// m(x) ≤ 0.
    package var model = 0.0
    /// ‖x‖_M.
    package var norm = 0.0
    /// Whether x lies on the radius.
    package var isOnBoundary = false
    package var iterations = 0
  }

  /// - Parameters:
  ///   - gradient: g.
  ///   - radius: Δ, or infinite for none: the iteration then ends at a direction without positive curvature with the present x, or with the preconditioned −g in the first iteration.
  ///   - scratch: `scratchCount` vectors like g; the first gets x.
  ///   - product: Bd for a given d, into a given vector.
  ///   - precondition: M⁻¹r for a given r, into a given vector.
  package func minimize(
    gradient: Vector, radius: Double, scratch: ArraySlice<Vector>, product: (Vector, Vector) throws(Failure) -> Void, precondition: (Vector, Vector) -> Void
  ) throws(Failure) -> Result {
    let vectors = Array(scratch)
    let (x, r, z, d, q) = (vectors[0], vectors[1], vectors[2], vectors[3], vectors[4])
    var result = Result()
    fill(x, 0)
    copy(gradient, into: r)
    precondition(r, z)
    try Watch.check()
    copy(z, into: d)
    scale(-1, d)
    try Watch.check()
    var rz = dot(r, z)
    let goal = tolerance * tolerance * rz
    // ‖x‖², xᵀMd and ‖d‖² in the norm of M, by recurrence.
    var (xx, xd, dd) = (0.0, 0.0, rz)
    while result.iterations < mostIterations, rz > 0, rz.isFinite {
      try product(d, q)
      result.iterations += 1
      let curvature = dot(d, q)
      try Watch.check()
      let step = rz / curvature
      let grown = xx + 2 * step * xd + step * step * dd
      guard curvature > 0, grown < radius * radius else {
        if radius.isFinite {
          let toBoundary = (-xd + (xd * xd + dd * (radius * radius - xx)).squareRoot()) / dd
          axpy(toBoundary, d, addingTo: x)
          axpy(toBoundary, q, addingTo: r)
          xx = radius * radius
          result.isOnBoundary = true
        } else if result.iterations == 1 {
          copy(d, into: x)
          axpy(1, q, addingTo: r)
          xx = dd
        }
        break
      }
      axpy(step, d, addingTo: x)
      axpy(step, q, addingTo: r)
      try Watch.check()
      precondition(r, z)
      try Watch.check()
      let next = dot(r, z)
      (xx, xd, dd) = (grown, (next / rz) * (xd + step * dd), next + (next / rz) * (next / rz) * dd)
      if next <= goal { break }
      scale(next / rz, d)
      axpy(-1, z, addingTo: d)
      try Watch.check()
      rz = next
    }
    // r = g + Bx.
    result.model = 0.5 * (dot(x, gradient) + dot(x, r))
    result.norm = max(xx, 0).squareRoot()
    return result
  }
}
