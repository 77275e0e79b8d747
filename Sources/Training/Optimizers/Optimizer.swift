import LinearAlgebra
import Settings

/// A method that steps the parameters downhill.
///
/// An optimizer is an immutable description. The state that it carries from step to step belongs to the `Iterate`, starts as zeros and is saved with it, so that training goes on bit for bit.
package protocol Optimizer: Sendable {
  /// The options that the method reads.
  static var options: [OptionDescription] { get }
  /// True if weight decay acts on the parameters directly (AdamW) instead of as a term of the objective.
  static var decouplesWeightDecay: Bool { get }
  /// True for methods that need the same function in every step: each step then uses all samples, unless `batch_size` is set.
  static var prefersAllSamples: Bool { get }
  /// True for methods that ask the objective for values and gradients alone, so that they minimize functions without second derivatives, too.
  static var needsOnlyGradients: Bool { get }

  /// Reads the options; fails with `invalidArgument` if they contradict each other.
  init(_ values: OptionValues) throws(Failure)

  /// Names of the state vectors, each as long as the parameters.
  var stateNames: [String] { get }
  /// The names of the numbers that are carried besides the vectors.
  var scalarNames: [String] { get }
  /// How a state vector is converted for a finer network.
  func kind(ofState index: Int) -> StateKind
  /// The number of scratch vectors, each as long as the parameters, that a step needs.
  var scratchCount: Int { get }

  /// Takes one step. On failure the iterate is unchanged.
  func step(_ objective: any Objective, _ iterate: Iterate) throws(Failure)
}

extension Optimizer {
  package static var decouplesWeightDecay: Bool { false }
  package static var prefersAllSamples: Bool { true }
  package static var needsOnlyGradients: Bool { false }
  package var stateNames: [String] { [] }
  package func kind(ofState index: Int) -> StateKind { .gradient }
  package var scalarNames: [String] { [] }
  package var scratchCount: Int { 0 }
}

/// The optimizers by name.
package let optimizers = Registry<any Optimizer.Type>("optimizer", [
  ("sgd", "stochastic gradient descent, with momentum or Nesterov's momentum", StochasticGradientDescent.self),
  ("adam", "Adam; weight_decay is a term of the objective", Adam.self),
  ("adamw", "AdamW; weight_decay shrinks the weights directly", AdamW.self),
  ("lbfgs", "limited-memory BFGS with a strong Wolfe line search", LBFGS.self),
  ("nonlinear_cg", "nonlinear conjugate gradients (Polak–Ribière+) with a strong Wolfe line search", NonlinearCG.self),
  ("newton_pcg", "Newton's method with steps from preconditioned conjugate gradients and an Armijo line search", NewtonPCG.self),
  ("gauss_newton", "Gauss–Newton in a trust region, with steps from preconditioned conjugate gradients", GaussNewton.self),
  ("varpro", "variable projection: gauss_newton on the layers' weights, with the readout always at its optimum for them", VariableProjection.self),
  ("block_coordinate", "alternates between the readout, solved by Newton's method, and a Gauss–Newton step of the other weights [Haber & Ruthotto 2017]", BlockCoordinateDescent.self),
])
