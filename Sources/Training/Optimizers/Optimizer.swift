import LinearAlgebra
import Settings

/// A first-order method: turns a gradient into a step of the parameters, carrying vectors of its own from step to step.
///
/// An optimizer is an immutable description; its state vectors belong to the trainer, start as zeros and are saved with it, so that training
/// goes on bit for bit.
package protocol Optimizer: Sendable {
  /// The options the method reads, the learning rate among them.
  static var options: [OptionDescription] { get }
  /// True when weight decay acts on the parameters directly (AdamW) and not as a term of the objective.
  static var decouplesWeightDecay: Bool { get }
  /// Names of the state vectors, each as long as the parameters.
  static var stateNames: [String] { get }

  /// Reads the options; fails with `invalidArgument` when they contradict each other.
  init(_ values: OptionValues) throws(Failure)

  /// One step over a contiguous range of parameters, in place.
  /// - Parameters:
  ///   - parameters: θ, overwritten with the new iterate.
  ///   - gradient: ∂objective/∂θ, as many numbers; may be overwritten.
  ///   - state: the same range of the state vectors.
  ///   - step: how many steps were taken before this one plus one, from 1.
  ///   - rate: the learning rate of this step.
  ///   - decay: the decoupled weight decay of this range, 0 unless `decouplesWeightDecay`.
  func update(_ parameters: Vector, gradient: Vector, state: OptimizerState, step: Int, rate: Double, decay: Double)
}

/// The vectors an optimizer carries from step to step, named by `Optimizer.stateNames` in this order.
package struct OptimizerState: Sendable {
  package let first: Vector
  /// The second vector; of length 0 for a method with one.
  package let second: Vector

  package init(first: Vector, second: Vector) {
    self.first = first
    self.second = second
  }

  /// The part of every state vector that belongs to the parameters `range`.
  package subscript(range: Range<Int>) -> OptimizerState {
    OptimizerState(first: first[range], second: second.count == 0 ? second : second[range])
  }
}

/// The optimizers by name.
package let optimizers = Registry<any Optimizer.Type>("optimizer", [
  ("sgd", "gradient descent, with momentum and Nesterov's variant", StochasticGradientDescent.self),
  ("adam", "Adam; weight decay is a term of the objective", Adam.self),
  ("adamw", "AdamW; weight decay acts on the parameters directly", AdamW.self),
])

extension OptionDescription {
  /// The learning rate every optimizer reads; schedules scale it.
  package static let learningRate = OptionDescription(
    "learning_rate", .real(0...Double.greatestFiniteMagnitude, openBelow: true), default: .real(1e-3), unit: "1",
    "step length of the optimizer before the schedule")
}
