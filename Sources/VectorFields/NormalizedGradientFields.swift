import LinearAlgebra
import Settings

/// f(y) = −Kᵀσ(N(Ky + b)): the parabolic network with a normalization N inside. No stability guarantee: N depends on the state, so that f is no gradient.
///
/// Source: Ruthotto & Haber 2018, §2 and §4, where N is `tv` with trained scale and shift and σ is ReLU. K is hidden × n. Cost: two products and a normalization.
package final class NormalizedGradientFlowField: MappedField {
  package let plan: LayerPlan
  package let map: ChainMap
  package var isDamped: Bool { true }

  /// Takes the options `hidden_width`, `inner_normalization` and those of normalizations.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    map = try plan.normalizedGradient(configuration, ("K", "b", "n"), inputs: configuration.width, factor: -1)
    self.plan = plan
  }
}

/// ÿ = −Kᵀσ(N(Ky + b)) as ẏ = v, v̇ = −Kᵀσ(N(Ky + b)), v(0) = 0. No stability guarantee.
///
/// Source: Ruthotto & Haber 2018, §2 (second-order hyperbolic network). K is hidden × n. Cost: two products and a normalization.
package final class NormalizedSecondOrderField: PartitionedMappedField {
  package let plan: LayerPlan
  package let positionMap: ScalingMap
  package let momentumMap: ChainMap
  package var accelerationComponent: Int? { 1 }

  /// Takes the options `hidden_width`, `inner_normalization` and those of normalizations.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    positionMap = ScalingMap(1, rows: configuration.rows)
    momentumMap = try plan.normalizedGradient(configuration, ("K", "b", "n"), inputs: configuration.width, factor: -1)
    self.plan = plan
  }
}

/// ẏ = K₁ᵀσ(N₁(K₁z + b₁)), ż = −K₂ᵀσ(N₂(K₂y + b₂)). Verlet's steps preserve volume for any weights; they are not symplectic.
///
/// Source: Ruthotto & Haber 2018, §2 (Hamiltonian network). Each K is hidden × n for its component of n rows. Cost: two products and a normalization per component.
package final class NormalizedHamiltonianField: PartitionedMappedField {
  package let plan: LayerPlan
  package let positionMap: ChainMap
  package let momentumMap: ChainMap

  /// y is visible, z starts at zero: `hamiltonian_two_weight`. Takes the options `hidden_width`, `inner_normalization` and those of normalizations.
  package convenience init(twoWeight configuration: FieldConfiguration) throws(Failure) {
    try self.init(configuration, part: configuration.width, positions: ("K1", "b1", "n1"), momenta: ("K2", "b2", "n2"))
  }

  /// y and z are halves of the visible state: `hamiltonian_h`. Takes the same options.
  /// - Throws: `.incompatible` for an odd width.
  package convenience init(halves configuration: FieldConfiguration) throws(Failure) {
    try self.init(configuration, part: try configuration.halfWidth(for: "hamiltonian_h"), positions: ("Kp", "bp", "np"), momenta: ("Kq", "bq", "nq"))
  }

  private init(_ configuration: FieldConfiguration, part: Int, positions: TensorNames, momenta: TensorNames) throws(Failure) {
    var plan = LayerPlan(configuration)
    positionMap = try plan.normalizedGradient(configuration, positions, inputs: part, factor: 1)
    momentumMap = try plan.normalizedGradient(configuration, momenta, inputs: part, factor: -1)
    self.plan = plan
  }
}

private typealias TensorNames = (weight: String, bias: String, normalization: String)

extension LayerPlan {
  /// x ↦ factor·Kᵀσ(N(Kx + b)), with the names of the three tensors.
  fileprivate mutating func normalizedGradient(
    _ configuration: FieldConfiguration, _ names: TensorNames, inputs: Int, factor: Double
  ) throws(Failure) -> ChainMap {
    let hidden = try configuration.hiddenWidth(of: inputs)
    let weights = try weight(names.weight, inputs: inputs, outputs: hidden, for: .normalizedGradient)
    let bias = bias(names.bias, of: weights)
    let normalized = try normalized(names.normalization, configuration.options, configuration.shape(of: hidden), configuration.activation, by: "inner_normalization")
    return ChainMap([AffineMap(weights, bias: bias, nil), normalized, AffineMap(weights.transposed, bias: .none, nil, factor: factor)])
  }
}
