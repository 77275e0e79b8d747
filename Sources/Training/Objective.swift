import LinearAlgebra
import Settings

/// What a step of training minimizes: a function of the parameters, as an optimizer sees it.
///
/// Its calls may be made at any parameters. They never change them; a call that fails leaves its results of no use.
package protocol Objective: AnyObject {
  /// True when the next step will minimize the same function: then what is known at the new iterate stays known.
  var repeats: Bool { get }
  /// φ(θ). Infinite where the network cannot be evaluated, so that line searches step back.
  func value(at parameters: Vector) throws(Failure) -> Double
  /// φ(θ), with ∇φ(θ) overwriting `gradient`; infinite as `value`.
  func gradient(at parameters: Vector, into gradient: Vector) throws(Failure) -> Double
  /// The Gauss–Newton matrix times `direction` overwrites `product`: Jᵀ∇²ℓJ, the mean over the first `fraction` of the samples, and the regularizers' own curvature. Symmetric and positive
  /// semidefinite.
  func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure)
  /// ∇²φ(θ)·direction overwrites `product`.
  func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure)
  /// z = M⁻¹r for a symmetric positive definite M like the objective's curvature; M = I where nothing better is known.
  func precondition(_ residual: Vector, into result: Vector)
  /// Calls `body` for ranges that make up all parameters, on any thread, with the decoupled weight decay of each.
  func forEachPiece(_ body: (_ range: Range<Int>, _ decay: Double) -> Void)
  /// The readout's own convex problem, for methods that solve it apart. Fails where the network has no trained readout.
  func readoutProblem() throws(Failure) -> any ReadoutProblem
}

/// Training of the readout alone, at fixed states: a convex problem, whose parameters are those of the readout only.
package protocol ReadoutProblem: Objective {
  /// Where the readout's parameters lie among all.
  var range: Range<Int> { get }
  /// Where it stands, with the memory to solve it by `NewtonPCG`.
  var iterate: Iterate { get }
  /// Turns to the states at these parameters, which the other calls hold fixed, and to their readout. False where the network cannot be evaluated there.
  func fixStates(at parameters: Vector) throws(Failure) -> Bool
}
