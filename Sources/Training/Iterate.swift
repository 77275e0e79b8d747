import LinearAlgebra
import Settings

/// Where an optimizer stands: the parameters and all that it carries from step to step.
package final class Iterate {
  /// θ: a step overwrites it with the new iterate.
  package let parameters: Vector
  /// ∇φ(θ) while `known` says so; otherwise the optimizer's to use.
  package let gradient: Vector
  /// The optimizer's `stateNames`, each as long as the parameters. Zeros before the first step; saved in checkpoints.
  package let state: [Vector]
  /// The optimizer's `scalarNames`. Zeros before the first step; saved in checkpoints.
  package var scalars: [Double]
  /// As many vectors as the optimizer's `scratchCount`; they mean nothing between steps.
  package let scratch: [Vector]
  /// The number of this step, from 1.
  package var number = 1
  /// The learning rate of this step.
  package var rate = 0.0
  /// φ(θ) at the present iterate, whose gradient is in `gradient`: what the last step left for this one to begin with. Saved in checkpoints.
  package var known: Double?
  /// Set by an optimizer that can go no further: why.
  package var ending: Ending?
  /// ‖∇φ‖ where training began; 0: not known yet. Saved in checkpoints.
  package var firstGradient = 0.0

  package init(parameters: Vector, gradient: Vector, state: [Vector], scalars: [Double], scratch: [Vector]) {
    self.parameters = parameters
    self.gradient = gradient
    self.state = state
    self.scalars = scalars
    self.scratch = scratch
  }

  /// φ(θ) and ∇φ(θ) in `gradient`, evaluated unless they are known.
  /// - Parameter point: θ, if it is not `parameters`.
  package func evaluate(_ objective: any Objective, at point: Vector? = nil) throws(Failure) -> Double {
    if let known { return known }
    return try objective.gradient(at: point ?? parameters, into: gradient)
  }

  /// Takes over the next iterate with its value and gradient.
  package func accept(_ next: Vector, value: Double, gradient nextGradient: Vector, of objective: any Objective) {
    copy(next, into: parameters)
    copy(nextGradient, into: gradient)
    known = objective.repeats ? value : nil
  }
}
