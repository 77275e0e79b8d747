import LinearAlgebra
import Settings

/// ẏ = K₁ᵀσ(K₁z + b₁), ż = −K₂ᵀσ(K₂y + b₂): Hamilton's equations of H(y, z) = 1ᵀΦ(K₂y + b₂) + 1ᵀΦ(K₁z + b₁) with Φ' = σ.
///
/// Source: Chang et al. 2018 ("Reversible architectures for arbitrarily deep residual neural networks", two weights), where z starts at zero beside the visible y: `hamiltonian_two_weight`; Galimberti et al. 2021
/// (H-DNN with block-diagonal K), where y and z are halves of the visible state: `hamiltonian_h`.
///
/// Because the energy is separable, Verlet (semi-implicit Euler) is explicit, and its steps are symplectic for any weights. The Jacobian M of the last state with respect to any earlier one then satisfies MᵀΩM = Ω,
/// so that ‖M‖ ≥ 1: gradients cannot vanish. They can grow. Each K is hidden × n for its component of n rows. Cost: two products per component.
package final class SeparableHamiltonianField: PartitionedMappedField {
  package let plan: LayerPlan
  package let positionMap: ComposedMap
  package let momentumMap: ComposedMap
  package let frozenDynamics: FrozenDynamics?

  /// The field of [CH]: y is visible, z starts at zero. Takes the option `hidden_width`.
  package convenience init(twoWeight configuration: FieldConfiguration) throws(Failure) {
    try self.init(configuration, part: configuration.width, positions: ("K1", "b1"), momenta: ("K2", "b2"))
  }

  /// The field of [HD] with K = diag(Kq, Kp): the first half of the state are positions, the second momenta. Takes the option `hidden_width`, that of each half.
  /// - Throws: `.incompatible` for an odd width.
  package convenience init(halves configuration: FieldConfiguration) throws(Failure) {
    try self.init(configuration, part: try configuration.halfWidth(for: "hamiltonian_h"), positions: ("Kp", "bp"), momenta: ("Kq", "bq"))
  }

  /// Makes the maps that move positions and momenta, each from the names of its tensors.
  private init(
    _ configuration: FieldConfiguration, part: Int, positions: (weight: String, bias: String), momenta: (weight: String, bias: String)
  ) throws(Failure) {
    let hidden = try configuration.hiddenWidth(of: part)
    var plan = LayerPlan(configuration)
    let moving = try plan.weight(positions.weight, inputs: part, outputs: hidden, for: .gradient)
    positionMap = ComposedMap(gradientOf: moving, bias: plan.bias(positions.bias, of: moving), configuration.activation, factor: 1)
    let turning = try plan.weight(momenta.weight, inputs: part, outputs: hidden, for: .gradient)
    momentumMap = ComposedMap(gradientOf: turning, bias: plan.bias(momenta.bias, of: turning), configuration.activation, factor: -1)
    self.plan = plan
    frozenDynamics = FrozenDynamics(.oscillation, configuration.activation, [.init(moving), .init(turning)])
  }
}
