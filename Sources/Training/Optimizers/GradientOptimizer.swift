import LinearAlgebra
import Settings

/// A first-order method: it computes the step of each number from this number's gradient, so that ranges of parameters can be stepped separately.
package protocol GradientOptimizer: Optimizer {
  /// The averaging of the gradient over layers, before clipping.
  var smoothing: GradientSmoothing { get }
  /// The clipping of the gradient before the step.
  var clipping: GradientClipping { get }
  /// One step over a contiguous range of parameters, in place.
  /// - Parameters:
  ///   - parameters: θ, overwritten with the new iterate.
  ///   - gradient: ∂objective/∂θ, as many numbers; may be overwritten.
  ///   - state: the same range of the state vectors.
  ///   - step: the number of this step, from 1.
  ///   - rate: the learning rate of this step.
  ///   - decay: the decoupled weight decay of this range, 0 unless `decouplesWeightDecay`.
  func update(_ parameters: Vector, gradient: Vector, state: OptimizerState, step: Int, rate: Double, decay: Double)
}

extension GradientOptimizer {
  package static var prefersAllSamples: Bool { false }
  package static var needsOnlyGradients: Bool { true }

  package func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure) {
    let value = try objective.gradient(at: iterate.parameters, into: iterate.gradient)
    guard value.isFinite else { throw notFinite(value) }
    try Watch.check()
    smoothing.apply(to: iterate.gradient, of: objective)
    try Watch.check()
    clipping.apply(to: iterate.gradient)
    try Watch.check()
    let all = OptimizerState(iterate.state)
    objective.forEachPiece { range, decay in
      self.update(
        iterate.parameters[range], gradient: iterate.gradient[range], state: all[range], step: iterate.number, rate: iterate.rate, decay: decay)
    }
  }
}

/// The vectors that a first-order method carries, in the order of `stateNames`.
package struct OptimizerState: Sendable {
  package let first: Vector
  /// The second vector; its length is 0 for a method with one vector.
  package let second: Vector

  /// - Parameter vectors: one or two vectors.
  package init(_ vectors: [Vector]) {
    first = vectors[0]
    second = vectors.count > 1 ? vectors[1] : vectors[0][0..<0]
  }

  private init(first: Vector, second: Vector) {
    self.first = first
    self.second = second
  }

  /// The parts of all state vectors that belong to the parameters in `range`.
  package subscript(range: Range<Int>) -> OptimizerState {
    OptimizerState(first: first[range], second: second.count == 0 ? second : second[range])
  }
}

/// The failure of a method that cannot begin a step because the objective at its iterate is NaN or infinite.
func notFinite(_ value: Double) -> Failure { Failure(.notFinite, "the objective is \(value.isNaN ? "NaN" : "\(value)")") }

extension OptionDescription {
  /// The option for the learning rate, which every first-order method reads and schedules scale.
  package static let learningRate = OptionDescription(
    "learning_rate", .real(0...Double.greatestFiniteMagnitude, openBelow: true), default: .real(1e-3), unit: "1", automatic: true,
    "step length of the optimizer, which the schedule and the warm-up change during training")
}
