import LinearAlgebra
import Settings

/// f(h, u) = σ((W − Wᵀ − γI)h + Vu + b): the AntisymmetricRNN, whose Euler step of size ε reads one observation u.
///
/// Source: Chang, Chen, Haber & Chi 2019 (arXiv:1902.09689), eq. 9, without the factor ½ of `antisymmetric`. For γ = 0 the frozen Jacobian diag(σ')(W − Wᵀ) has imaginary eigenvalues, so that the size of W does
/// not make gradients grow or decay over many steps. Euler's method needs a γ of about ε‖W − Wᵀ‖². All this holds for frozen weights and slopes and does not bound growth (Theory.md §6.12).
///
/// Tensors: W n × n, V n × C, and b of the configured kind. If samples have different lengths, f is 0 after a sample's end, so that its state keeps its bits. Cost: two products.
package final class AntisymmetricRNNField: PlannedField, DrivenField {
  package let plan: LayerPlan
  /// γ > 0.
  package let isDamped: Bool
  private let state: AffineMap
  private let input: DriveMap
  private let activation: Activation
  private let drive: DriveConfiguration

  /// Takes the option `gamma`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    try configuration.requireMatrices(for: "antisymmetric_rnn")
    var plan = LayerPlan(configuration)
    // The prepared matrix is half of W − Wᵀ − γI.
    let gamma = try configuration.options.real("gamma")
    isDamped = gamma > 0
    let recurrent = try plan.weight("W", prepared: .antisymmetric(damping: gamma))
    state = AffineMap(recurrent, bias: .none, nil, factor: 2)
    let inputs = try plan.weight("V", inputs: configuration.drive.channels)
    input = DriveMap(inputs, bias: plan.bias("b", of: inputs))
    self.plan = plan
    activation = configuration.activation
    drive = configuration.drive
  }

  package var driveForm: PathForm { .value }
  package var driveWidth: Int { ObservedDrive.rows(drive) }
  /// σ'; and also σ if the drive has a row of presence.
  package var recordWidth: Int { drive.hasPresence ? 2 * width : width }
  package var scratchWidth: Int { 2 * width }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let u = ObservedDrive(layer.givenDrive(driveWidth, like: x), drive)
    let sum = scratch.rows(0..<width)
    let slope = record?.rows(0..<width)
    input.evaluate(layer, at: u.values, addingTo: nil, into: sum)
    state.evaluate(layer, at: x, scale: 1, addingTo: sum, into: sum, record: nil, scratch: scratch)
    guard let presence = u.presence else { return activate(activation, sum, scale: scale, addingTo: base, into: out, slope: slope) }
    let value = record?.rows(width..<2 * width) ?? scratch.rows(width..<2 * width)
    activate(activation, sum, scale: 1, addingTo: nil, into: value, slope: slope)
    scaleColumns(presence, value, scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let u = ObservedDrive(layer.givenDrive(driveWidth, like: x), drive)
    let change = direction?.drive(driveWidth, like: x).map { ObservedDrive($0, drive) }
    let sum = scratch.rows(0..<width)
    state.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: 1, addingTo: nil, into: sum, scratch: scratch.rows(width..<2 * width))
    input.pushforward(layer, direction: direction, at: u.values, tangent: change?.values, addingTo: sum, into: sum)
    guard let presence = u.presence else { return multiply(scale, record.rows(0..<width), sum, addingTo: base, into: out) }
    multiply(1, record.rows(0..<width), sum, addingTo: nil, into: sum)
    scaleColumns(presence, sum, scale: scale, addingTo: base, into: out)
    if let moved = change?.presence { scaleColumns(moved, record.rows(width..<2 * width), scale: scale, addingTo: out, into: out) }
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let u = ObservedDrive(layer.givenDrive(driveWidth, like: x), drive)
    let cotangent = gradient?.drive(driveWidth, like: x).map { ObservedDrive($0, drive) }
    let g = scratch.rows(0..<width)
    multiply(scale, record.rows(0..<width), p, addingTo: nil, into: g)
    if let presence = u.presence {
      scaleColumns(presence, g, scale: 1, addingTo: nil, into: g)
      if let target = cotangent?.presence {
        addColumnDots(scale, record.rows(width..<2 * width), p, to: target, scratch: scratch.rows(width..<width + 1))
      }
    }
    if let gradient { input.pullback(layer, at: u.values, cotangent: g, gradient: gradient, addingTo: cotangent?.values) }
    state.pullback(
      layer, at: x, record: record, scale: 1, cotangent: g, addingTo: q, into: q, gradient: gradient, scratch: scratch.rows(width..<2 * width))
  }
}
