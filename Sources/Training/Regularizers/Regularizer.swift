import LinearAlgebra
import Settings

/// A term of the objective that depends on the parameters alone: value, gradient and Hessian product.
package protocol Regularizer: Sendable {
  /// The option that holds the term's strength α.
  static var option: OptionDescription { get }
  /// The options besides the strength.
  static var furtherOptions: [OptionDescription] { get }
  /// The term with its further options at their defaults.
  /// - Parameter strength: α > 0.
  init(strength: Double)
  /// Reads the further options; fails with `outOfRange` for an invalid one.
  init(strength: Double, _ values: OptionValues) throws(Failure)
  /// Refuses a network for which the term is not defined: `incompatible`, with the reason.
  func check(_ layout: ParameterLayout) throws(Failure)
  /// Gives the term's value and adds its gradient to `gradient`, if given.
  /// - Parameters:
  ///   - parameters: all parameters of a network.
  ///   - layout: the layout of these parameters.
  ///   - gradient: as many numbers as `parameters`.
  /// - Complexity: one pass over the parameters the term depends on; allocates nothing.
  func accumulate(_ parameters: Vector, layout: ParameterLayout, addingTo gradient: Vector?) -> Double
  /// Adds the product of the term's Hessian at `parameters` and a direction to `product`. Every term here is convex: the Hessian is positive semidefinite.
  /// - Parameter product: as many numbers as `parameters`; it must not share memory with `direction`.
  /// - Complexity: as `accumulate`.
  func accumulateCurvature(_ direction: Vector, at parameters: Vector, layout: ParameterLayout, addingTo product: Vector)
}

extension Regularizer {
  package static var furtherOptions: [OptionDescription] { [] }
  package init(strength: Double, _ values: OptionValues) throws(Failure) { self.init(strength: strength) }
  package func check(_ layout: ParameterLayout) throws(Failure) {}
}

/// The regularizers by name; the name is also the key of the option that holds the strength.
package let regularizers = Registry<any Regularizer.Type>("regularizer", [
  ("weight_decay", "½α‖θ‖² over all weights", WeightDecay.self),
  ("smoothness", "(α/2h) Σ‖θ_j − θ_{j−1}‖² over the layers, which makes parameters vary slowly in time [Haber & Ruthotto 2017]", Smoothness.self),
  ("classifier_smoothness", "½α‖LW‖² of the readout's weights W, which makes them vary slowly over a grid of features", ClassifierSmoothness.self),
  ("smoothed_l1", "α Σ(√(θ² + ε²) − ε) over all weights, a smooth form of the sum of magnitudes", SmoothedL1.self),
])
