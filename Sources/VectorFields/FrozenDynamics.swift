import LinearAlgebra

/// What is known of a field's Jacobian at every state, for weights of one layer held fixed: what integrators conclude stable steps from (theory §5).
///
/// All slopes of the activation lie in [0, L], D being their diagonal. Every kind has one number, the size s = L·Π‖W_i‖^degree over the operators named, of which steps may be no larger than so much.
/// "Frozen" means what it says: weights or slopes that switch from layer to layer can still make states grow (theory §5, false statements).
package struct FrozenDynamics: Sendable {
  package enum Kind: Sendable {
    /// J = D(S − gI), S antisymmetric: for g = 0 imaginary eigenvalues of at most s = L‖S‖.
    case rotation(damping: Double)
    /// J = DS − γI: s = L‖S‖.
    case dampedRotation(Double)
    /// Real eigenvalues in [−s, 0], s = L‖K‖², of the descent of a convex energy: f is 1/s-cocoercive.
    case descent
    /// The same spectrum, but of no energy: J = −D·CᵀC.
    case decay
    /// A rotation and a `descent` of this size, to be split.
    case rotationAndDescent
    /// A partitioned pair whose frequency is at most s.
    case oscillation
    /// ÿ = f(y), f a `descent`: frequencies up to √s.
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

  /// nil for an activation whose slope may be negative or unbounded, of which nothing of this is true.
  package init?(_ kind: Kind, _ activation: Activation, _ norms: [Norm], degree: Int = 1) {
    let slopes = activation.slopeRange
    guard slopes.lowerBound >= 0, slopes.upperBound.isFinite else { return nil }
    (self.kind, slope, self.norms, self.degree) = (kind, slopes.upperBound, norms, degree)
  }
}
