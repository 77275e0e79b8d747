import LinearAlgebra
import Settings

/// The function of the parameters that a step of training minimizes, in the form that optimizers use.
///
/// It can be evaluated at any parameters and never changes them. After a call that fails, the contents of its results are undefined.
package protocol Objective: AnyObject {
  /// True if the next step will minimize the same function: values and gradients known at the new iterate then remain valid.
  var repeats: Bool { get }
  /// φ(θ). Infinite if the network cannot be evaluated there, so that line searches step back.
  func value(at parameters: Vector) throws(Failure) -> Double
  /// Gives φ(θ) and writes ∇φ(θ) to `gradient`; infinite in the same cases as `value`.
  func gradient(at parameters: Vector, into gradient: Vector) throws(Failure) -> Double
  /// Writes the Gauss–Newton matrix times `direction` to `product`. The matrix is the mean of Jᵀ∇²ℓJ over the first `fraction` of the samples, plus the regularizers' curvature; it is
  /// symmetric and positive semidefinite.
  func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure)
  /// Writes ∇²φ(θ)·direction to `product`.
  func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure)
  /// Writes z = M⁻¹r, where M is symmetric, positive definite and approximates the objective's curvature; M = I if nothing better is known.
  func precondition(_ residual: Vector, into result: Vector)
  /// Calls `body`, on any thread, for ranges that together are all parameters, with the decoupled weight decay of each range.
  func forEachPiece(_ body: (_ range: Range<Int>, _ decay: Double) -> Void)
  /// Averages a gradient over neighboring layers, in place (`GradientSmoothing`); does nothing if no parameters belong to layers.
  func averageLayers(of gradient: Vector, share: Double)
  /// The readout's convex problem, for methods that solve it separately. Fails if the network has no trained readout.
  func readoutProblem() throws(Failure) -> any ReadoutProblem
}

extension Objective {
  package func averageLayers(of gradient: Vector, share: Double) {}
}

/// The problem of training only the readout at fixed states. It is convex, and its parameters are those of the readout only.
package protocol ReadoutProblem: Objective {
  /// The range of the readout's parameters among all parameters.
  var range: Range<Int> { get }
  /// Its iterate, with the memory for solving it by `NewtonPCG`.
  var iterate: Iterate { get }
  /// Computes the states at these parameters, which stay fixed in the other calls, and takes their readout as the iterate. False if the network cannot be evaluated there.
  func fixStates(at parameters: Vector) throws(Failure) -> Bool
}
