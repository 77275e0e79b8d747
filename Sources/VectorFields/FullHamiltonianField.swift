import LinearAlgebra
import Settings

/// ẏ = 𝒥Kᵀσ(Ky + b) with 𝒥 = [[0, I], [−I, 0]]: Hamilton's equations of H(y) = 1ᵀΦ(Ky + b), Φ' = σ, for a K that couples positions and momenta.
///
/// Source: Galimberti et al. 2021 (H-DNN). The exact flow of constant weights keeps H and is symplectic. With this coupling semi-implicit Euler would be implicit; `implicit_midpoint` is
/// symplectic, `euler` and explicit Runge–Kutta are not: of those nothing is claimed.
///
/// The whole state is visible, its first half positions; K is hidden × n. Cost: two products and a pass over the state.
package final class FullHamiltonianField: MappedField {
  package let plan: LayerPlan
  package let map: CanonicalMap

  /// Takes the option `hidden_width`, the rows of K.
  /// - Throws: `.incompatible` for an odd width.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    _ = try configuration.halfWidth(for: "hamiltonian_h")
    var plan = LayerPlan(configuration)
    let weights = plan.weight("K", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = CanonicalMap(ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: 1))
    self.plan = plan
  }
}
