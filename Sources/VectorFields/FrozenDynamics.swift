import LinearAlgebra

/// What is known about the Jacobian of a field if the weights of a layer are held fixed, whatever the state. From this, integrators conclude which steps are stable (Theory.md §6).
///
/// The slopes of the activation lie in [0, L]; D is the diagonal matrix of the slopes at a state. The Jacobian has a size s = L·Π‖W_i‖^degree, where the product runs over the operators in `norms`. Stability
/// of a step is an upper limit of s. If weights or slopes change from layer to layer, states can grow all the same (Theory.md §6.12).
package struct FrozenDynamics: Sendable {
  package enum Kind: Sendable {
    /// J = D(S − gI) with S antisymmetric. For g = 0 the eigenvalues are imaginary and at most s = L‖S‖ in magnitude.
    case rotation(damping: Double)
    /// J = DS − γI: s = L‖S‖.
    case dampedRotation(Double)
    /// Descent of a convex energy: −f is its gradient, which is 1/s-cocoercive, with real eigenvalues of J in [−s, 0] and s = L‖K‖².
    case descent
    /// A descent that the field scales by the step size h, so that its size is at most 2/h for all weights. It names no norms.
    case scaledDescent
    /// J = −D·CᵀC: real eigenvalues in [−s, 0] as well, but f is not the gradient of an energy.
    case decay
    /// The sum of a rotation and a `descent` of size s, for schemes that split the two.
    case rotationAndDescent
    /// A partitioned field whose oscillations have frequencies of at most s.
    case oscillation
    /// ÿ = f(y), where f is a `descent` of size s: frequencies up to √s.
    case potential
  }

  /// The norm of an operator of the field, or of its antisymmetric part ½(W − Wᵀ).
  package struct Norm: Sendable {
    package let place: OperatorPlace
    package let isAntisymmetric: Bool

    package init(_ place: OperatorPlace, isAntisymmetric: Bool = false) { (self.place, self.isAntisymmetric) = (place, isAntisymmetric) }
  }

  package let kind: Kind
  /// L.
  package let slope: Double
  package let norms: [Norm]
  /// The power of each norm: 1 or 2.
  package let degree: Int

  /// nil for an activation whose slope may be negative or unbounded, because no such statement holds then.
  package init?(_ kind: Kind, _ activation: Activation, _ norms: [Norm], degree: Int = 1) {
    let slopes = activation.slopeRange
    guard slopes.lowerBound >= 0, slopes.upperBound.isFinite else { return nil }
    (self.kind, slope, self.norms, self.degree) = (kind, slopes.upperBound, norms, degree)
  }

  /// Why a field has no such dynamics: what of it must be another, the equation, the activation or the field itself.
  /// - Parameter name: the field's.
  package static func obstacle(_ field: any VectorField, name: String, _ activation: Activation) -> String {
    if field is KnownTermsField { return "of the Jacobian of an equation with known_terms no bound is known that a step could be compared with" }
    if field is OwnTimeField { return "samples have steps of their own size, which weights know nothing of" }
    if activation.slopeRange.lowerBound < 0 {
      let others = Activation.allCases.filter { $0.slopeRange.lowerBound >= 0 }.map(\.name).joined(separator: ", ")
      return "activation \(activation.name) has slopes below 0, with which no limit of a step is known of any field; these have none: \(others)"
    }
    return "of the Jacobian of field \(name) no bound is known that a step could be compared with, whatever the integrator and the activation"
  }
}
