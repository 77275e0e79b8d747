import LinearAlgebra
import Settings

/// Solves the readout's convex problem by Newton–PCG, for methods that treat it separately from the other parameters.
///
/// Source: Haber & Ruthotto 2017, section 4 (step i of block coordinate descent); Newman et al. 2021 (the inner problem of variable projection).
struct ReadoutSolver {
  static let options: [OptionDescription] = [
    OptionDescription("readout_iterations", .integer(1...100_000), default: .integer(5), unit: "iterations", "most Newton iterations when the optimum of the readout is computed"),
    OptionDescription(
      "readout_tolerance", .real(0...Double.greatestFiniteMagnitude), default: .real(1e-3), unit: "1", "the readout counts as optimal when the norm of its gradient is at most this"),
  ]

  let mostIterations: Int
  let tolerance: Double
  /// Few products suffice: what twenty products do not find, the next Newton system finds from better weights.
  private let inner = TruncatedCG(mostIterations: 20, tolerance: 0.01)

  init(_ values: OptionValues) throws(Failure) {
    mostIterations = try values.integer("readout_iterations")
    tolerance = try values.real("readout_tolerance")
  }

  /// Fixes the states at `parameters` and replaces the readout in `parameters` by the solution. Gives the objective there, and whether the readout changed and
  /// the objective fell; nil if the network cannot be evaluated.
  func solve(_ problem: any ReadoutProblem, in parameters: Vector) throws(Failure) -> (value: Double, hasMoved: Bool, isLower: Bool)? {
    guard try problem.fixStates(at: parameters) else { return nil }
    let iterate = problem.iterate
    var (value, hasMoved, isLower) = (Double.infinity, false, false)
    for _ in 0..<mostIterations {
      value = try iterate.evaluate(problem)
      guard value.isFinite else { throw notFinite(value) }
      guard sumOfSquares(iterate.gradient).squareRoot() > tolerance else { break }
      let moved = try newtonStep(problem, iterate, value: value, inner: inner, acceptsEqual: true) { direction, product throws(Failure) in
        try problem.hessianProduct(direction, at: iterate.parameters, into: product)
      }
      guard let moved else { break }
      (value, hasMoved, isLower) = (moved, true, isLower || moved < value)
    }
    copy(iterate.parameters, into: parameters[problem.range])
    return (value, hasMoved, isLower)
  }
}
