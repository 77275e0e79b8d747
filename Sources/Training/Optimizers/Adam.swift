import Glibc
import LinearAlgebra
import Settings

/// Adam: steps scaled by running moments of the gradient.
///
/// m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; θ ← θ − η·m̂/(√v̂ + ε), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ).
/// Source: Kingma & Ba 2015, algorithm 1, in the form of `torch.optim.Adam`.
package struct Adam: AdamMethod {
  package let settings: AdamSettings

  package init(_ settings: AdamSettings) { self.settings = settings }
}

/// The parts that Adam and AdamW share. They differ only in how weight decay acts, which `decouplesWeightDecay` says.
package protocol AdamMethod: GradientOptimizer {
  var settings: AdamSettings { get }

  init(_ settings: AdamSettings)
}

extension AdamMethod {
  package static var options: [OptionDescription] { [.learningRate] + AdamSettings.options + GradientSmoothing.options + GradientClipping.options }

  package var smoothing: GradientSmoothing { settings.smoothing }
  package var clipping: GradientClipping { settings.clipping }
  package var stateNames: [String] { ["first_moment", "second_moment"] }
  package func kind(ofState index: Int) -> StateKind { index == 0 ? .gradient : .squaredGradient }

  package init(_ values: OptionValues) throws(Failure) { self.init(try AdamSettings(values)) }

  /// Adam's update with bias correction in step `step` (from 1); a decoupled decay λ first scales θ by 1 − ηλ.
  package func update(_ parameters: Vector, gradient: Vector, state: OptimizerState, step: Int, rate: Double, decay: Double) {
    let (beta1, beta2) = (settings.beta1, settings.beta2)
    adamStep(
      parameters, gradient: gradient, first: state.first, second: state.second, rate: rate, beta1: beta1, beta2: beta2, epsilon: settings.epsilon,
      correction1: 1 - pow(beta1, Double(step)), correction2: 1 - pow(beta2, Double(step)), weightDecay: 0,
      decoupledDecay: Self.decouplesWeightDecay ? decay : 0)
  }
}

/// The decay rates of Adam's moments, and the bounds on its gradient.
package struct AdamSettings: Sendable {
  package static let options: [OptionDescription] = [
    OptionDescription("beta1", .real(0...1.0.nextDown), default: .real(0.9), unit: "1", "decay rate β₁ of the running mean of the gradient"),
    OptionDescription("beta2", .real(0...1.0.nextDown), default: .real(0.999), unit: "1", "decay rate β₂ of the running mean of the squared gradient"),
    OptionDescription(
      "epsilon", .real(0...Double.greatestFiniteMagnitude, openBelow: true), default: .real(1e-8), unit: "1",
      "ε, which is added to the square root of the running mean of the squared gradient"),
  ]

  package let beta1: Double
  package let beta2: Double
  package let epsilon: Double
  package let smoothing: GradientSmoothing
  package let clipping: GradientClipping

  package init(_ values: OptionValues) throws(Failure) {
    beta1 = try values.real("beta1")
    beta2 = try values.real("beta2")
    epsilon = try values.real("epsilon")
    smoothing = try GradientSmoothing(values)
    clipping = try GradientClipping(values)
  }
}
