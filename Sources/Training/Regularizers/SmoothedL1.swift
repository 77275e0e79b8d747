import LinearAlgebra
import Settings

/// A smoothed ℓ₁ norm of the weights, α Σ (√(θ² + ε²) − ε): it pulls small weights to zero and is differentiable at zero.
///
/// Source: Haber & Ruthotto 2017, §3.4, for the classifier. The term leaves out biases.
package struct SmoothedL1: Regularizer {
  package static let option = OptionDescription(
    "smoothed_l1", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
    "strength α of the term α Σ (√(θ² + ε²) − ε) over all weights θ in the objective, which makes many weights nearly zero; biases are not included; 0: no term")
  package static let furtherOptions = [
    OptionDescription(
      "l1_epsilon", .real(0...Double.greatestFiniteMagnitude, openBelow: true), default: .real(1e-3), unit: "1",
      "ε of smoothed_l1: for |θ| well below ε the term is nearly a parabola, for |θ| well above ε nearly |θ|")
  ]

  package let strength: Double
  package let epsilon: Double

  package init(strength: Double) { self.init(strength: strength, epsilon: 1e-3) }
  package init(strength: Double, epsilon: Double) { (self.strength, self.epsilon) = (strength, epsilon) }
  package init(strength: Double, _ values: OptionValues) throws(Failure) { self.init(strength: strength, epsilon: try values.real("l1_epsilon")) }

  package func accumulate(_ parameters: Vector, layout: ParameterLayout, addingTo gradient: Vector?) -> Double {
    var energy = 0.0
    for region in layout.regions where region.isWeight {
      energy += accumulateSmoothedAbsolute(parameters[region.range], epsilon: epsilon, strength: strength, addingTo: gradient?[region.range])
    }
    return energy
  }

  package func accumulateCurvature(_ direction: Vector, at parameters: Vector, layout: ParameterLayout, addingTo product: Vector) {
    for region in layout.regions where region.isWeight {
      accumulateSmoothedAbsoluteCurvature(
        parameters[region.range], direction: direction[region.range], epsilon: epsilon, strength: strength, addingTo: product[region.range])
    }
  }
}
