import Integrators
import Settings

/// The terms of the objective that depend on the trajectories of the states, by name; the name is also the option that holds a term's strength. They are means over the samples (`TrajectoryCost`).
package let trajectoryTerms = Registry<OptionDescription>("trajectory term", [
  ("kinetic_energy", "(α/2) Σ‖y_{j+1} − y_j‖²/h_j of the visible states [Finlay et al. 2020]", TrajectoryCost.kineticOption),
  ("jacobian_penalty", "(α/2) Σ h_j‖Jε_j‖² of the field's Jacobian J and fixed random signs ε_j [Finlay et al. 2020]", TrajectoryCost.jacobianOption),
])

extension TrajectoryCost {
  static let kineticOption = OptionDescription(
    "kinetic_energy", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "strength α of the term (α/2) Σ_j ‖y_{j+1} − y_j‖²/h_j in the objective, averaged over the samples, which favors short trajectories; y_j is the state in layer j and h_j its step size; 0: no term")
  static let jacobianOption = OptionDescription(
    "jacobian_penalty", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "strength α of the term (α/2) Σ_j h_j‖Jε_j‖² in the objective, averaged over the samples, which favors fields that vary slowly; J is the Jacobian of the field and ε_j a fixed vector of random signs; 0: no term")
  static let stepOption = OptionDescription(
    "jacobian_step", .real(0...1, openBelow: true), default: .real(1e-2), unit: "1", "step δ of the difference quotients by which jacobian_penalty approximates Jε")
  static let options = [kineticOption, jacobianOption, stepOption]

  /// nil if no term has a strength above 0.
  init?(_ values: OptionValues) throws(Failure) {
    let (kinetic, jacobian) = (try values.real(Self.kineticOption.key), try values.real(Self.jacobianOption.key))
    guard kinetic > 0 || jacobian > 0 else { return nil }
    self.init(kinetic: kinetic, jacobian: jacobian, step: try values.real(Self.stepOption.key))
  }
}
