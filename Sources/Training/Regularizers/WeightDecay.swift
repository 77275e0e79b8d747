import LinearAlgebra
import Settings

/// Weight decay as a term of the objective: ½α‖θ‖² over the weights, without biases.
package struct WeightDecay: Regularizer {
  package static let option = OptionDescription(
    "weight_decay", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1", automatic: true,
    "strength α of the term ½α‖weights‖² in the objective; adamw instead shrinks the weights directly at this rate; biases are not included; 0: no decay")

  package let strength: Double
  package init(strength: Double) { self.strength = strength }

  package func accumulate(_ parameters: Vector, layout: ParameterLayout, addingTo gradient: Vector?) -> Double {
    var squares = 0.0
    for region in layout.regions where region.isWeight {
      squares += sumOfSquares(parameters[region.range])
      if let gradient { Watch.allPieces(region.range.count) { axpy(strength, parameters[region.range][$0], addingTo: gradient[region.range][$0]) } }
    }
    return 0.5 * strength * squares
  }

  package func accumulateCurvature(_ direction: Vector, at parameters: Vector, layout: ParameterLayout, addingTo product: Vector) {
    for region in layout.regions where region.isWeight { axpy(strength, direction[region.range], addingTo: product[region.range]) }
  }
}
