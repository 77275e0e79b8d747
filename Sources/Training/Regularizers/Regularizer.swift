import LinearAlgebra
import Settings

/// A term of the objective that depends on the parameters alone: value, gradient and Hessian product.
package protocol Regularizer: Sendable {
  /// The option that holds the term's strength α.
  static var option: OptionDescription { get }
  /// - Parameter strength: α > 0.
  init(strength: Double)
  /// The term's value, its gradient being added to `gradient` if given.
  /// - Parameters:
  ///   - parameters: all parameters of a network.
  ///   - layout: what they are.
  ///   - gradient: as many numbers as `parameters`.
  /// - Complexity: one pass over the parameters the term depends on; allocates nothing.
  func accumulate(_ parameters: Vector, layout: ParameterLayout, addingTo gradient: Vector?) -> Double
  /// The product of the term's Hessian at `parameters` with a direction, added to `product`. Every term here is convex: the Hessian is positive semidefinite.
  /// - Parameter product: as many numbers as `parameters`; not the memory of `direction`.
  /// - Complexity: as `accumulate`.
  func accumulateCurvature(_ direction: Vector, at parameters: Vector, layout: ParameterLayout, addingTo product: Vector)
}

/// The regularizers by name; the name is also the key of the option that holds the strength.
package let regularizers = Registry<any Regularizer.Type>("regularizer", [
  ("weight_decay", "½α‖θ‖² over weights", WeightDecay.self),
  ("smoothness", "Haber & Ruthotto's (α/2h) Σ‖θ_j − θ_{j−1}‖² over the layers", Smoothness.self),
])
