import LinearAlgebra
import Settings

/// Gradient descent with heavy-ball momentum or Nesterov's variant.
///
/// v ← μv + g; θ ← θ − ηv, or with Nesterov θ ← θ − η(g + μv).
/// Source: Sutskever et al. 2013, in the form of `torch.optim.SGD` (no dampening).
package struct StochasticGradientDescent: GradientOptimizer {
  package static let options: [OptionDescription] = [
    .learningRate,
    OptionDescription("momentum", .real(0...1.0.nextDown), default: .real(0), unit: "1", "part of the last step that is added to the next one; 0: no momentum"),
    OptionDescription("nesterov", .flag, default: .flag(false), "whether momentum is that of Nesterov; it needs momentum > 0"),
  ] + GradientSmoothing.options + GradientClipping.options

  package let momentum: Double
  package let nesterov: Bool
  package let smoothing: GradientSmoothing
  package let clipping: GradientClipping

  package var stateNames: [String] { ["velocity"] }

  package init(_ values: OptionValues) throws(Failure) {
    momentum = try values.real("momentum")
    nesterov = try values.flag("nesterov")
    smoothing = try GradientSmoothing(values)
    clipping = try GradientClipping(values)
    guard !nesterov || momentum > 0 else {
      throw Failure(.invalidArgument, "nesterov is 1 but momentum is 0.0; Nesterov's method needs momentum > 0")
    }
  }

  package func update(_ parameters: Vector, gradient: Vector, state: OptimizerState, step: Int, rate: Double, decay: Double) {
    sgdStep(parameters, gradient: gradient, velocity: state.first, rate: rate, momentum: momentum, nesterov: nesterov, weightDecay: 0)
  }
}
