import LinearAlgebra
import Settings
import VectorFields

/// A cost of the trajectory of the states, summed over the layers, which training may add to the loss of the final state.
///
///     (α_k/2) Σ_j ‖y_{j+1} − y_j‖²/h_j   +   (α_J/2) Σ_j ‖(Φ_j(y_j + δε_j) − Φ_j(y_j))/δ − ε_j‖²/h_j
///
/// The first term is the kinetic energy ∫‖ẏ‖² dt of the visible states. The second term estimates ∫‖∂f/∂y‖²_F dt after Hutchinson (1990), with one vector of fixed signs ε_j for each layer: a step Φ takes y to y + hf, so
/// that the difference quotient minus ε_j is h·Jε_j up to O(hδ + h²), and over random signs the mean of ‖Jε‖² is ‖J‖²_F. The cost is defined by the difference quotient, not by its limit, so that first derivatives
/// give its exact gradient. It covers the whole state of the field.
///
/// Sources: Finlay et al. 2020 ("How to train your neural ODE") for both terms.
package struct TrajectoryCost: Sendable, Equatable {
  /// α_k ≥ 0 and α_J ≥ 0.
  package let kinetic: Double
  package let jacobian: Double
  /// δ > 0.
  package let step: Double

  package init(kinetic: Double = 0, jacobian: Double = 0, step: Double = 1e-2) {
    self.kinetic = kinetic
    self.jacobian = jacobian
    self.step = step
  }

  /// Refuses a scheme for which the second term is not defined.
  package func check(_ integrator: any Integrator, _ field: any VectorField) throws(Failure) {
    guard jacobian > 0 else { return }
    guard integrator.stateWidth(field) == field.stateWidth, !integrator.needsConstantWeights else {
      throw Failure(.incompatible, "jacobian_penalty is \(jacobian); it needs a one-step method of given steps, whose step is a map of the field's own state")
    }
  }
}
