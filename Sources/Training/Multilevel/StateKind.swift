import LinearAlgebra
import Networks
import Settings

/// The kind of an optimizer's state vector, which decides how it is converted for a network with each step halved.
///
/// The objective depends on the weights as a function of time. A layer's gradient is the functional's gradient times the step size, so that each of two half layers has half the gradient of the coarse
/// layer; steps of the parameters are interpolated like parameters. Products sᵀy of steps and gradients then stay the same. Squares are interpolated without extrapolation, which could make
/// them negative.
package enum StateKind: Sendable {
  case step, gradient, squaredGradient
}

extension Refinement {
  /// Converts a state vector from `coarse.parameterCount` to `fine.parameterCount` numbers.
  /// - Throws: the reason why the work must end.
  func carry(_ state: Vector, _ kind: StateKind, into result: Vector) throws(Failure) {
    try prolong(state, isConvex: kind == .squaredGradient, into: result)
    guard kind != .step else { return }
    for (old, new) in zip(coarse.tensors, fine.tensors) where old.shape != new.shape { scale(kind == .gradient ? 0.5 : 0.25, result[new.range]) }
  }
}
