import LinearAlgebra
import Settings

/// f(y) = (J − R)∇H(y), J = ½(A − Aᵀ), R = BᵀB, H(y) = 1ᵀΦ(Wy + b) + ½ε|y|² with Φ' = σ: a port-Hamiltonian system without ports, which turns and loses energy.
///
/// Source: van der Schaft & Jeltsema 2014 (port-Hamiltonian systems); as networks, Cheng, Wang & Manchester 2024 (arXiv:2404.12554) and Roth et al. 2025 (arXiv:2502.02480). ∇H(y) = Wᵀσ(Wy + b) + εy. With weights that are constant in time
/// Ḣ = −|B∇H|² ≤ 0 along the flow, for every A, B, W and ε, because ⟨∇H, J∇H⟩ = 0 (Theory.md §2.14). If σ is non-decreasing, H is convex and its level sets are bounded, so that the state is: where Φ ≥ 0, ε|y(t)|² ≤ 2H(y(0)).
/// With an activation of negative slopes Ḣ ≤ 0 still holds, but H need not be convex. A step of a scheme has the property up to its error. Nothing is claimed for weights that change from layer to layer.
///
/// A is n × n, B rank × n, W hidden × n. J is computed once per batch; its gradient G becomes dA = ½(G − Gᵀ). Cost: five products.
package final class PortHamiltonianField: MappedField {
  package let plan: LayerPlan
  package let map: ThenMap<SumMap<ComposedMap, ScalingMap>, SumMap<AffineMap, ComposedMap>>
  package var isDamped: Bool { true }

  /// Takes the options `hidden_width`, the rows of W; `dissipation_width`, the rows of B; `epsilon`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    let rank = try configuration.options.integer("dissipation_width")
    var plan = LayerPlan(configuration)
    let turning = try plan.weight("A", prepared: .antisymmetric(damping: 0))
    let dissipation = try plan.weight("B", outputs: rank == 0 ? configuration.width : rank, for: .gradient)
    let weights = try plan.weight("W", outputs: try configuration.hiddenWidth(), for: .gradient)
    map = ThenMap(
      SumMap(
        ComposedMap(gradientOf: weights, bias: plan.bias("b", of: weights), configuration.activation, factor: 1),
        ScalingMap(try configuration.options.real("epsilon"), rows: configuration.rows)),
      then: SumMap(
        AffineMap(turning, bias: .none, nil),
        ComposedMap(AffineMap(dissipation, bias: .none, nil), then: AffineMap(dissipation.transposed, bias: .none, nil, factor: -1))))
    self.plan = plan
  }
}
