import LinearAlgebra
import Settings

/// f(y) = σ(−CᵀCy + b): the frozen Jacobian −D·CᵀC has a real spectrum ≤ 0.
///
/// Source: Haber & Ruthotto 2017, §4.2, where it is the right-hand side of ÿ = f(y) for `leapfrog`. If all slopes are ≥ 0, D·CᵀC has the eigenvalues of the symmetric matrix D^½CᵀCD^½. The statement is for frozen
/// weights and slopes: if they change, nothing is claimed about growth.
///
/// The field is composed of products with C (hidden × n) and Cᵀ, so that the gradient dC = −C(G + Gᵀ) is the sum of two contributions to one tensor (Theory.md §4.2). Cost: two products.
package final class NegativeDefiniteField: MappedField {
  package let plan: LayerPlan
  package let map: ComposedMap
  package var isDamped: Bool { true }
  package let frozenDynamics: FrozenDynamics?

  /// Takes the option `hidden_width`, the rows of C.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    var plan = LayerPlan(configuration)
    let weights = try plan.weight("C", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = ComposedMap(
      AffineMap(weights, bias: .none, nil, factor: -1),
      then: AffineMap(weights.transposed, bias: plan.bias("b", of: weights.transposed), configuration.activation))
    self.plan = plan
    frozenDynamics = FrozenDynamics(.decay, configuration.activation, [.init(weights)], degree: 2)
  }
}
