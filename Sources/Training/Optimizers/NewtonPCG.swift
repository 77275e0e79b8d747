import LinearAlgebra
import Settings

/// Newton's method with the direction from truncated preconditioned conjugate gradients on Hessian products, and Armijo's line search.
///
/// If the Hessian is not positive definite, the inner iteration ends with a descent direction (Steihaug 1983). Source: Haber & Ruthotto 2017, section 4; Nocedal & Wright 2006, algorithm 7.1.
package struct NewtonPCG: Optimizer {
  package static let options: [OptionDescription] = TruncatedCG.options + [Convergence.option]

  private let inner: TruncatedCG
  private let convergence: Convergence

  package init(_ values: OptionValues) throws(Failure) {
    inner = try TruncatedCG(values)
    convergence = try Convergence(values)
  }

  package var scratchCount: Int { TruncatedCG.scratchCount + 1 }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let value = try convergence.begin(objective, iterate)
    guard iterate.ending == nil else { return }
    let found = try newtonStep(objective, iterate, value: value, inner: inner) { direction, product throws(Failure) in
      try objective.hessianProduct(direction, at: iterate.parameters, into: product)
    }
    if found == nil { convergence.stay(objective, iterate, value: value) }
  }
}

/// Takes one truncated Newton step with a given curvature and returns the objective at the new iterate. If no step along the direction decreases the objective, the iterate stays and the
/// result is nil.
///
/// - Parameters:
///   - value: the objective at the iterate, whose `gradient` belongs to the same point.
///   - acceptsEqual: as in `Armijo`.
///   - product: the curvature at the iterate times a vector, into a given vector.
func newtonStep(
  _ objective: any Objective, _ iterate: Iterate, value: Double, inner: TruncatedCG, acceptsEqual: Bool = false, product: (Vector, Vector) throws(Failure) -> Void
) throws(Failure) -> Double? {
  let scratch = iterate.scratch[0..<TruncatedCG.scratchCount]
  let trial = iterate.scratch[TruncatedCG.scratchCount]
  _ = try inner.minimize(gradient: iterate.gradient, radius: .infinity, scratch: scratch, product: product, precondition: { objective.precondition($0, into: $1) })
  let direction = scratch[0]
  let slope = dot(direction, iterate.gradient)
  guard slope < 0 else { return nil }
  var search = Armijo()
  search.acceptsEqual = acceptsEqual
  let found = try search.search(from: iterate.parameters, along: direction, value: value, slope: slope, trial: trial) { point throws(Failure) in
    try objective.value(at: point)
  }
  guard let found else { return nil }
  copy(trial, into: iterate.parameters)
  iterate.known = nil
  return found.value
}
