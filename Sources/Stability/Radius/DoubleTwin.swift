import LinearAlgebra
import Networks
import Settings

/// The same network in float64: its scores are those of the network in real arithmetic up to errors that do not matter, which leaves a certified radius what float32's rounding at the center of the ball would cost.
package struct DoubleTwin {
  package let network: Network
  package let snapshot: ParameterSnapshot

  package init(_ network: Network, _ snapshot: ParameterSnapshot) { (self.network, self.snapshot) = (network, snapshot) }

  /// The twin of one version of a network's parameters; the network itself if it is in float64; nil if there is no such network in float64.
  /// - Throws: `memory`; the reason why the work must end.
  package init?(of network: Network, _ snapshot: ParameterSnapshot) throws(Failure) {
    guard network.plan.precision == .float32 else {
      (self.network, self.snapshot) = (network, snapshot)
      return
    }
    let plan: NetworkPlan
    do throws(Failure) {
      plan = try NetworkPlan(try network.plan.specification.changingNetwork("precision", .text(Precision.float64.name)))
    } catch {
      // Such as Winograd's algorithm, which computes in float32 only.
      guard error.status == .incompatible else { throw error }
      return nil
    }
    var scaling = DataScaling()
    if let normalization = snapshot.normalization {
      func row(_ vector: Vector) -> TensorView { TensorView(UnsafeRawPointer(vector.base), type: .float64, rows: 1, columns: vector.count) }
      scaling.features = try Normalization(shift: row(normalization.shift), scale: row(normalization.scale), inputs: plan.inputs, precision: .float64)
    }
    let source = snapshot.parameters
    let twin = try ParameterSnapshot(plan: plan, scaling: scaling) { (parameters) throws(Failure) in
      try convertInPieces(TensorView(UnsafeRawPointer(source.base), type: ElementType(source.precision), rows: 1, columns: source.count), into: parameters)
    }
    (self.network, self.snapshot) = (try Network(plan, twin), twin)
  }
}
