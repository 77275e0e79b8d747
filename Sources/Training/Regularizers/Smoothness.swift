import LinearAlgebra
import Settings

/// Smoothness of the weights in time: ½α∫₀ᵀ‖θ̇(t)‖² dt for each tensor of a block, computed exactly for its basis in time (`TimeRoughness`).
///
/// If each layer has its own weights, it is (α/2) Σ_j ‖θ_j − θ_{j−1}‖²/d_j, where d_j is the time between the middles of layers j − 1 and j: h for equal steps. Its Hessian is inverted by
/// `SmoothnessPreconditioner`.
/// Source: Haber & Ruthotto 2017, section 3.3 (regularization of the forward propagation), on K and on b.
package struct Smoothness: Regularizer {
  package static let option = OptionDescription(
    "smoothness", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "strength α of the term ½α∫‖dθ/dt‖² dt in the objective, over the weights and biases θ of each block, which favors parameters that vary slowly from layer to layer; if layers have their own, it is (α/2h) Σ_j ‖θ_j − θ_{j−1}‖²; 0: no term")

  package let strength: Double
  package init(strength: Double) { self.strength = strength }

  package func accumulate(_ parameters: Vector, layout: ParameterLayout, addingTo gradient: Vector?) -> Double {
    layout.regions.reduce(0) { energy, region in
      let (theta, sum) = (parameters[region.range], gradient?[region.range])
      switch region.roughness {
      case .none: return energy
      case .even(let distance):
        return energy + accumulateSmoothness(theta, layers: region.entries, size: theta.count / region.entries, factor: strength / distance, addingTo: sum)
      case .form(let form): return energy + form.accumulate(theta, strength: strength, addingTo: sum)
      }
    }
  }

  package func accumulateCurvature(_ direction: Vector, at parameters: Vector, layout: ParameterLayout, addingTo product: Vector) {
    // The term is quadratic: its Hessian times the direction is its gradient at the direction.
    _ = accumulate(direction, layout: layout, addingTo: product)
  }
}
