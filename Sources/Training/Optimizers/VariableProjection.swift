import LinearAlgebra
import Settings

/// Variable projection: the readout W is always optimal for the states that the other parameters θ give, and trust-region Gauss–Newton–Krylov steps in θ minimize the reduced objective φ(W(θ), θ).
///
/// If W is optimal, the reduced gradient is ∂φ/∂θ. A step minimizes the joint Gauss–Newton model over W and θ. Its Schur complement in θ is the matrix of the reduced objective, with the derivative
/// of W(θ) by the implicit function theorem. The step's θ is kept, and W is solved for again before the step is accepted or rejected. This works for any convex loss, such as softmax and
/// least squares.
/// Source: Golub & Pereyra 1973; Newman, Ruthotto, Hart & van Bloemen Waanders 2021.
package struct VariableProjection: Optimizer {
  package static let options: [OptionDescription] = TruncatedCG.options + [TrustRegion.option] + ReadoutSolver.options + [Convergence.option]

  private let inner: TruncatedCG
  private let region: TrustRegion
  private let solver: ReadoutSolver
  private let convergence: Convergence

  package init(_ values: OptionValues) throws(Failure) {
    inner = try TruncatedCG(values)
    region = try TrustRegion(values)
    solver = try ReadoutSolver(values)
    convergence = try Convergence(values)
  }

  package var scalarNames: [String] { ["radius"] }
  package var scratchCount: Int { TruncatedCG.scratchCount + 3 }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let vectors = Array(iterate.scratch[TruncatedCG.scratchCount...])
    let (point, trial, trialGradient) = (vectors[0], vectors[1], vectors[2])
    let problem = try objective.readoutProblem()
    copy(iterate.parameters, into: point)
    // If the objective is known, the step that computed it has already solved for the readout.
    if iterate.known == nil {
      guard try solver.solve(problem, in: point) != nil else { throw notFinite(.infinity) }
    }
    let value = try convergence.begin(objective, iterate, at: point)
    var found: Double?
    if iterate.ending == nil {
      found = try region.step(
        iterate, value: value, inner: inner,
        product: { direction, product throws(Failure) in try objective.gaussNewtonProduct(direction, at: point, fraction: self.inner.fraction, into: product) },
        precondition: { objective.precondition($0, into: $1) },
        evaluate: { step throws(Failure) in
          copy(point, into: trial)
          axpy(1, step, addingTo: trial)
          guard let solved = try solver.solve(problem, in: trial) else { return .infinity }
          // A step is judged by the objective itself, with whose gradient the next step begins. A point whose readout gives no lower value is refused and needs no gradient.
          return solved.value < value ? try objective.gradient(at: trial, into: trialGradient) : solved.value
        })
    }
    if let found { return iterate.accept(trial, value: found, gradient: trialGradient, of: objective) }
    copy(point, into: iterate.parameters)
    if iterate.ending == nil { convergence.stay(objective, iterate, value: value) }
  }
}
