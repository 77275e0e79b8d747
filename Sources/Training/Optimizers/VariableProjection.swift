import LinearAlgebra
import Settings

/// Variable projection: the readout W is always the best for the states that the other parameters θ give, and θ minimizes the reduced objective φ(W(θ), θ) by trust-region Gauss–Newton–Krylov.
///
/// Where W is optimal the reduced gradient is ∂φ/∂θ. A step minimizes the joint Gauss–Newton model over W and θ, whose Schur complement in θ is that of the reduced objective with the derivative
/// of W(θ) by the implicit function theorem; its θ is kept and W is solved for anew before the step is judged. For any convex loss, softmax and least squares among them.
/// Source: Golub & Pereyra 1973; Newman, Ruthotto, Hart & van Bloemen Waanders 2021.
package struct VariableProjection: Optimizer {
  package static let options: [OptionDescription] = TruncatedCG.options + [TrustRegion.option] + ReadoutSolver.options + [.gradientTolerance]

  private let inner: TruncatedCG
  private let region: TrustRegion
  private let solver: ReadoutSolver
  private let gradientTolerance: Double

  package init(_ values: OptionValues) throws(Failure) {
    inner = try TruncatedCG(values)
    region = try TrustRegion(values)
    solver = try ReadoutSolver(values)
    gradientTolerance = try values.real(OptionDescription.gradientTolerance.key)
  }

  /// Whether the last step left the readout solved for what will be minimized again.
  package var scalarNames: [String] { ["radius", "solved"] }
  package var scratchCount: Int { TruncatedCG.scratchCount + 2 }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let (point, trial) = (iterate.scratch[TruncatedCG.scratchCount], iterate.scratch[TruncatedCG.scratchCount + 1])
    let problem = try objective.readoutProblem()
    copy(iterate.parameters, into: point)
    if iterate.scalars[1] == 0 || !objective.repeats {
      guard try solver.solve(problem, in: point) != nil else { throw notFinite(.infinity) }
    }
    let value = try objective.gradient(at: point, into: iterate.gradient)
    guard value.isFinite else { throw notFinite(value) }
    iterate.isConverged = objective.repeats && sumOfSquares(iterate.gradient).squareRoot() <= gradientTolerance
    let radius = iterate.scalars[0]
    let found =
      iterate.isConverged
      ? nil
      : try region.step(
        iterate, value: value, inner: inner,
        product: { direction, product throws(Failure) in try objective.gaussNewtonProduct(direction, at: point, fraction: self.inner.fraction, into: product) },
        precondition: { objective.precondition($0, into: $1) },
        evaluate: { step throws(Failure) in
          copy(point, into: trial)
          axpy(1, step, addingTo: trial)
          return try solver.solve(problem, in: trial) ?? .infinity
        })
    if found == nil, !iterate.isConverged { iterate.isConverged = objective.repeats }
    if found == nil { iterate.scalars[0] = radius }
    iterate.scalars[1] = objective.repeats ? 1 : 0
    copy(found == nil ? point : trial, into: iterate.parameters)
  }
}
