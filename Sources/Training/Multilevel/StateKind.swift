import LinearAlgebra
import Networks
import Settings

/// What an optimizer's state vector is made of, and so how it goes over to a network with each step halved.
///
/// The objective depends on the weights as a function of time; a layer's gradient is the functional's times the step size, so that the gradient of each of two half layers is half the coarse
/// layer's, while steps of the parameters are interpolated as these are. Products sᵀy of steps and gradients then stay the same. Squares are interpolated without extrapolation, lest they fall below zero.
package enum StateKind: Sendable {
  case step, gradient, squaredGradient
}

extension Refinement {
  /// Takes a state vector over: `coarse.parameterCount` numbers to `fine.parameterCount`.
  /// - Throws: why the work must end.
  func carry(_ state: Vector, _ kind: StateKind, into result: Vector) throws(Failure) {
    try prolong(state, isConvex: kind == .squaredGradient, into: result)
    guard kind != .step else { return }
    for (old, new) in zip(coarse.tensors, fine.tensors) where old.shape != new.shape { scale(kind == .gradient ? 0.5 : 0.25, result[new.range]) }
  }
}
