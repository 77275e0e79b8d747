import LinearAlgebra
import Settings

/// Smoothness of the weights in time: (α/2h) Σ_j ‖θ_j − θ_{j−1}‖² for each tensor that has one set of numbers a layer, h the block's step size.
///
/// With unequal steps h is the time between the middles of layers j − 1 and j. Its Hessian is solved exactly by `SmoothnessPreconditioner`.
/// Source: Haber & Ruthotto 2017, section 3.3 (regularization of the forward propagation), on K and on b.
package struct Smoothness: Regularizer {
  package static let option = OptionDescription(
    "smoothness", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "α of (α/2h) Σ‖θ_j − θ_{j−1}‖² over the layers of each block in the objective")

  package let strength: Double
  package init(strength: Double) { self.strength = strength }

  package func accumulate(_ parameters: Vector, layout: ParameterLayout, addingTo gradient: Vector?) -> Double {
    var energy = 0.0
    for region in layout.regions where region.layers > 1 {
      let (theta, sum, size) = (parameters[region.range], gradient?[region.range], region.range.count / region.layers)
      if region.distances.isEmpty {
        energy += accumulateSmoothness(theta, layers: region.layers, size: size, factor: strength / region.stepSize, addingTo: sum)
      } else {
        energy += accumulateSmoothness(theta, size: size, strength: strength, distances: region.distances, addingTo: sum)
      }
    }
    return energy
  }

  package func accumulateCurvature(_ direction: Vector, at parameters: Vector, layout: ParameterLayout, addingTo product: Vector) {
    // Quadratic: the gradient at the direction.
    _ = accumulate(direction, layout: layout, addingTo: product)
  }
}
