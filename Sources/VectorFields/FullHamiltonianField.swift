import LinearAlgebra
import Settings

/// ẏ = 𝒥Kᵀσ(Ky + b) with 𝒥 = [[0, I], [−I, 0]]: Hamilton's equations of H(y) = 1ᵀΦ(Ky + b), Φ' = σ, for a K that couples positions and momenta.
///
/// Source: Galimberti et al. 2021 (H-DNN). For constant weights the exact flow conserves H and is symplectic. With this coupling semi-implicit Euler would be implicit. The integrator `implicit_midpoint` is
/// symplectic; `euler` and the explicit Runge–Kutta methods are not, and nothing is claimed about them.
///
/// The whole state is visible; its first half are the positions. K is hidden × n. Cost: two products and one pass over the state.
package final class FullHamiltonianField: MappedField {
  package let plan: LayerPlan
  package let map: CanonicalMap

  /// Takes the option `hidden_width`, the rows of K.
  /// - Throws: `.incompatible` for an odd width.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    _ = try configuration.halfWidth(for: "hamiltonian_h")
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = CanonicalMap(ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: 1))
    self.plan = plan
  }
}
