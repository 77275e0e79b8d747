import Integrators
import Settings

/// The terms of the objective that depend on the trajectories of the states, by name; the name is also the option that holds a term's strength. They are means over the samples (`TrajectoryCost`).
package let trajectoryTerms = Registry<OptionDescription>("trajectory term", [
  ("kinetic_energy", "(α/2) Σ‖y_{j+1} − y_j‖²/h_j of the visible states [Finlay et al. 2020]", TrajectoryCost.kineticOption),
  ("jacobian_penalty", "(α/2) Σ h_j‖Jε_j‖² for fixed signs ε_j, by difference quotients of the steps [Finlay et al. 2020]", TrajectoryCost.jacobianOption),
])

extension TrajectoryCost {
  static let kineticOption = OptionDescription(
    "kinetic_energy", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "α of (α/2) Σ‖y_{j+1} − y_j‖²/h_j, the mean over the samples, in the objective")
  static let jacobianOption = OptionDescription(
    "jacobian_penalty", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "α of (α/2) Σ h_j‖Jε_j‖², the mean over the samples, in the objective; J the field's Jacobian, ε_j fixed signs")
  static let stepOption = OptionDescription(
    "jacobian_step", .real(0...1, openBelow: true), default: .real(1e-2), unit: "1", "δ of the difference quotients that jacobian_penalty charges")
  static let options = [kineticOption, jacobianOption, stepOption]

  /// nil if no term has a strength above 0.
  init?(_ values: OptionValues) throws(Failure) {
    let (kinetic, jacobian) = (try values.real(Self.kineticOption.key), try values.real(Self.jacobianOption.key))
    guard kinetic > 0 || jacobian > 0 else { return nil }
    self.init(kinetic: kinetic, jacobian: jacobian, step: try values.real(Self.stepOption.key))
  }
}
