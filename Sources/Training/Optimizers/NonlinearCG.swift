import LinearAlgebra
import Settings

/// Nonlinear conjugate gradients after Polak and Ribière, with restarts and a strong Wolfe line search.
///
/// d ← −g + max(0, gᵀ(g − g₋)/‖g₋‖²)·d.
/// Source: Nocedal & Wright 2006, algorithm 5.4 with 5.45.
package struct NonlinearCG: Optimizer {
  package static let options: [OptionDescription] = [Convergence.option]
  package static var needsOnlyGradients: Bool { true }

  private let convergence: Convergence

  package init(_ values: OptionValues) throws(Failure) { convergence = try Convergence(values) }

  package var stateNames: [String] { ["direction", "previous_gradient"] }
  /// The slope at the start of the last search, and its step; 0 before the first search.
  package var scalarNames: [String] { ["slope", "step"] }
  package var scratchCount: Int { 3 }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let value = try convergence.begin(objective, iterate)
    guard iterate.ending == nil else { return }
    let (gradient, kept, previous) = (iterate.gradient, iterate.state[0], iterate.state[1])
    let (direction, trial, trialGradient) = (iterate.scratch[0], iterate.scratch[1], iterate.scratch[2])
    let squares = sumOfSquares(gradient)
    try Watch.check()
    let (lastSlope, lastStep) = (iterate.scalars[0], iterate.scalars[1])
    let factor = lastStep == 0 ? 0 : max(0, (squares - dot(gradient, previous)) / sumOfSquares(previous))
    try Watch.check()
    copy(kept, into: direction)
    scale(factor, direction)
    try Watch.check()
    axpy(-1, gradient, addingTo: direction)
    var slope = dot(direction, gradient)
    if !(slope < -1e-3 * squares) {
      copy(gradient, into: direction)
      scale(-1, direction)
      slope = -squares
    }
    let first = lastStep == 0 ? min(1, 1 / squares.squareRoot()) : lastStep * lastSlope / slope
    let found = try StrongWolfe(slopeFraction: 0.1).search(
      objective, from: iterate.parameters, along: direction, value: value, slope: slope, first: first, trial: trial, trialGradient: trialGradient)
    guard let found else {
      // Tries once more with the gradient alone, unless the direction was the gradient already.
      iterate.scalars = [0, 0]
      return convergence.stay(objective, iterate, value: value, isLast: lastStep == 0)
    }
    iterate.scalars = [slope, found.step]
    copy(direction, into: kept)
    copy(gradient, into: previous)
    iterate.accept(trial, value: found.value, gradient: trialGradient, of: objective)
  }
}
