import LinearAlgebra
import Settings

/// Adam with decoupled weight decay: θ ← (1 − ηλ)θ, then Adam's step.
///
/// Source: Loshchilov & Hutter 2019, algorithm 2, in the form of `torch.optim.AdamW`; λ is the option `weight_decay` and acts on weights, not on
/// biases.
package struct AdamW: GradientOptimizer {
  package static let options: [OptionDescription] = [.learningRate] + AdamMoments.options + GradientClipping.options
  package static let decouplesWeightDecay = true

  package let moments: AdamMoments
  package let clipping: GradientClipping

  package var stateNames: [String] { ["first_moment", "second_moment"] }
  package func kind(ofState index: Int) -> StateKind { index == 0 ? .gradient : .squaredGradient }

  package init(_ values: OptionValues) throws(Failure) {
    moments = try AdamMoments(values)
    clipping = try GradientClipping(values)
  }

  package func update(_ parameters: Vector, gradient: Vector, state: OptimizerState, step: Int, rate: Double, decay: Double) {
    moments.update(parameters, gradient: gradient, state: state, step: step, rate: rate, decoupledDecay: decay)
  }
}
