import LinearAlgebra
import Settings

/// Block coordinate descent: (i) the readout by Newton–PCG with the states fixed, (ii) all other parameters by one Gauss–Newton–PCG step with the readout fixed, both on the step's samples.
///
/// With a `batch_size` smaller than the data, each step works on its own random samples; with `curvature_fraction` below 1, products use a part of these.
/// Source: Haber & Ruthotto 2017, section 4. As there, the trainer keeps the iterate with the lowest validation error.
package struct BlockCoordinateDescent: Optimizer {
  package static let options: [OptionDescription] = TruncatedCG.options + ReadoutSolver.options + [Convergence.option]

  private let inner: TruncatedCG
  private let solver: ReadoutSolver
  private let convergence: Convergence

  package init(_ values: OptionValues) throws(Failure) {
    inner = try TruncatedCG(values)
    solver = try ReadoutSolver(values)
    convergence = try Convergence(values)
  }

  package var scratchCount: Int { TruncatedCG.scratchCount + 3 }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let scratch = iterate.scratch[0..<TruncatedCG.scratchCount]
    let (point, trial) = (iterate.scratch[TruncatedCG.scratchCount], iterate.scratch[TruncatedCG.scratchCount + 1])
    let problem = try objective.readoutProblem()
    copy(iterate.parameters, into: point)
    guard let solved = try solver.solve(problem, in: point) else { throw notFinite(.infinity) }
    if solved.hasMoved { iterate.known = nil }
    let value = try convergence.begin(objective, iterate, at: point)
    guard iterate.ending == nil else { return copy(point, into: iterate.parameters) }
    let gradient = iterate.scratch[TruncatedCG.scratchCount + 2]
    copy(iterate.gradient, into: gradient)
    // The readout stays fixed: its gradient and curvature are set to zero.
    fill(gradient[problem.range], 0)
    _ = try inner.minimize(
      gradient: gradient, radius: .infinity, scratch: scratch,
      product: { direction, product throws(Failure) in
        try objective.gaussNewtonProduct(direction, at: point, fraction: self.inner.fraction, into: product)
        fill(product[problem.range], 0)
      }, precondition: { objective.precondition($0, into: $1) })
    let direction = iterate.scratch[0]
    let slope = dot(direction, gradient)
    var isBetter = false
    if slope < 0 {
      isBetter =
        try Armijo().search(from: point, along: direction, value: value, slope: slope, trial: trial) { point throws(Failure) in try objective.value(at: point) } != nil
    }
    copy(isBetter ? trial : point, into: iterate.parameters)
    iterate.known = nil
    if !isBetter, !solved.isLower { convergence.stay(objective, iterate, value: value) }
  }
}
