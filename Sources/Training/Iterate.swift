import LinearAlgebra
import Settings

/// The state of an optimizer: the parameters and everything that it carries from step to step.
package final class Iterate {
  /// θ: a step overwrites it with the new iterate.
  package let parameters: Vector
  /// ∇φ(θ) if `known` is set; otherwise free memory for the optimizer.
  package let gradient: Vector
  /// The optimizer's `stateNames`, each as long as the parameters. Zeros before the first step; saved in checkpoints.
  package let state: [Vector]
  /// The optimizer's `scalarNames`. Zeros before the first step; saved in checkpoints.
  package var scalars: [Double]
  /// As many vectors as the optimizer's `scratchCount`; their contents have no meaning between steps.
  package let scratch: [Vector]
  /// The number of this step, from 1.
  package var number = 1
  /// The learning rate of this step.
  package var rate = 0.0
  /// φ(θ) at the present iterate, whose gradient is in `gradient`, if the last step computed both for this one. Saved in checkpoints.
  package var known: Double?
  /// The reason why an optimizer can go no further, set by the optimizer.
  package var ending: Ending?
  /// ‖∇φ‖ at the start of training; 0 if not known yet. Saved in checkpoints.
  package var firstGradient = 0.0

  package init(parameters: Vector, gradient: Vector, state: [Vector], scalars: [Double], scratch: [Vector]) {
    self.parameters = parameters
    self.gradient = gradient
    self.state = state
    self.scalars = scalars
    self.scratch = scratch
  }

  /// Gives φ(θ), with ∇φ(θ) in `gradient`; evaluates them unless they are known.
  /// - Parameter point: θ, if it is not `parameters`.
  package func evaluate(_ objective: any Objective, at point: Vector? = nil) throws(Failure) -> Double {
    if let known { return known }
    return try objective.gradient(at: point ?? parameters, into: gradient)
  }

  /// Replaces the iterate by the next one, with its value and gradient.
  package func accept(_ next: Vector, value: Double, gradient nextGradient: Vector, of objective: any Objective) {
    copy(next, into: parameters)
    copy(nextGradient, into: gradient)
    known = objective.repeats ? value : nil
  }
}
