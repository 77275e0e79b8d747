import LinearAlgebra
import Networks
import Settings

/// The same network in float64, with the same parameters and scalings: what it computes is what the network computes in real arithmetic, up to errors that do not matter.
///
/// So figures about a network of float32 do not consist of its roundings, and a certified radius keeps what float32's rounding at the center of the ball would cost.
package struct DoubleTwin {
  package let network: Network
  package let snapshot: ParameterSnapshot

  package init(_ network: Network, _ snapshot: ParameterSnapshot) { (self.network, self.snapshot) = (network, snapshot) }

  /// The twin of one version of a network's parameters; the network itself if it is in float64.
  /// - Throws: `memory`; the reason why the work must end.
  package init(of network: Network, _ snapshot: ParameterSnapshot) throws(Failure) {
    guard network.plan.precision == .float32 else {
      (self.network, self.snapshot) = (network, snapshot)
      return
    }
    let plan = try network.plan.inDoublePrecision()
    var scaling = snapshot.scaling
    // A normalization knows its numbers in the network's precision, too.
    scaling.features = try snapshot.normalization?.converted(to: .float64)
    let source = snapshot.parameters
    let twin = try ParameterSnapshot(plan: plan, scaling: scaling) { (parameters) throws(Failure) in
      try convertInPieces(TensorView(UnsafeRawPointer(source.base), type: ElementType(source.precision), rows: 1, columns: source.count), into: parameters)
    }
    (self.network, self.snapshot) = (try Network(plan, twin), twin)
  }
}
