import LinearAlgebra
import Settings

/// f(h, u) = sigmoid(Mh + V_z u + b_z) ⊙ σ(Mh + Vu + b) with M = W − Wᵀ − γI: the AntisymmetricRNN with an input gate that shares its recurrent weights.
///
/// Source: Chang, Chen, Haber & Chi 2019 (arXiv:1902.09689), eq. 11–13 with σ = tanh. Because the gate multiplies the field and depends on the same Mh, the frozen Jacobian is a diagonal matrix times M.
///
/// Tensors: W n × n; V, Vz n × C; b, bz of the configured kind. If samples have different lengths, f is 0 after a sample's end. Cost: three products.
package final class GatedAntisymmetricRNNField: PlannedField, DrivenField {
  package let plan: LayerPlan
  /// γ > 0.
  package let isDamped: Bool
  private let state: AffineMap
  private let input: DriveMap
  private let gate: DriveMap
  private let activation: Activation
  private let drive: DriveConfiguration

  /// Takes the option `gamma`.
  package init(_ configuration: FieldConfiguration) throws(Failure) {
    try configuration.requireMatrices(for: "gated_antisymmetric_rnn")
    var plan = LayerPlan(configuration)
    let gamma = try configuration.options.real("gamma")
    isDamped = gamma > 0
    let recurrent = try plan.weight("W", prepared: .antisymmetric(damping: gamma))
    state = AffineMap(recurrent, bias: .none, nil, factor: 2)
    let inputs = try plan.weight("V", inputs: configuration.drive.channels)
    input = DriveMap(inputs, bias: plan.bias("b", of: inputs))
    let gates = try plan.weight("Vz", inputs: configuration.drive.channels)
    gate = DriveMap(gates, bias: plan.bias("bz", of: gates))
    self.plan = plan
    activation = configuration.activation
    drive = configuration.drive
  }

  package var driveForm: PathForm { .value }
  package var driveWidth: Int { ObservedDrive.rows(drive) }
  /// sigmoid'·σ and sigmoid·σ'; and also f if the drive has a row of presence.
  package var recordWidth: Int { drive.hasPresence ? 3 * width : 2 * width }
  package var scratchWidth: Int { 3 * width }

  private func part(_ index: Int, _ rows: Block) -> Block { rows.rows(index * width..<(index + 1) * width) }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let u = ObservedDrive(layer.givenDrive(driveWidth, like: x), drive)
    let (opening, value, sum) = (part(0, scratch), part(1, scratch), part(2, scratch))
    state.evaluate(layer, at: x, scale: 1, addingTo: nil, into: sum, record: nil, scratch: opening)
    gate.evaluate(layer, at: u.values, addingTo: sum, into: opening)
    input.evaluate(layer, at: u.values, addingTo: sum, into: value)
    activate(.sigmoid, opening, scale: 1, addingTo: nil, into: opening, slope: record.map { part(0, $0) })
    activate(activation, value, scale: 1, addingTo: nil, into: value, slope: record.map { part(1, $0) })
    if let record {
      multiply(1, part(0, record), value, addingTo: nil, into: part(0, record))
      multiply(1, part(1, record), opening, addingTo: nil, into: part(1, record))
    }
    guard let presence = u.presence else { return multiply(scale, opening, value, addingTo: base, into: out) }
    let product = record.map { part(2, $0) } ?? sum
    multiply(1, opening, value, addingTo: nil, into: product)
    scaleColumns(presence, product, scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let u = ObservedDrive(layer.givenDrive(driveWidth, like: x), drive)
    let change = direction?.drive(driveWidth, like: x).map { ObservedDrive($0, drive) }
    let (opening, value, sum) = (part(0, scratch), part(1, scratch), part(2, scratch))
    state.pushforward(layer, direction: direction, at: x, record: record, tangent: v, scale: 1, addingTo: nil, into: sum, scratch: opening)
    gate.pushforward(layer, direction: direction, at: u.values, tangent: change?.values, addingTo: sum, into: opening)
    input.pushforward(layer, direction: direction, at: u.values, tangent: change?.values, addingTo: sum, into: value)
    multiply(1, part(0, record), opening, addingTo: nil, into: opening)
    multiply(1, part(1, record), value, addingTo: opening, into: value)
    guard let presence = u.presence else { return add(scale, value, to: base, into: out) }
    scaleColumns(presence, value, scale: scale, addingTo: base, into: out)
    if let moved = change?.presence { scaleColumns(moved, part(2, record), scale: scale, addingTo: out, into: out) }
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let u = ObservedDrive(layer.givenDrive(driveWidth, like: x), drive)
    let cotangent = gradient?.drive(driveWidth, like: x).map { ObservedDrive($0, drive) }
    let (opening, value, sum) = (part(0, scratch), part(1, scratch), part(2, scratch))
    multiply(scale, part(0, record), p, addingTo: nil, into: opening)
    multiply(scale, part(1, record), p, addingTo: nil, into: value)
    if let presence = u.presence {
      scaleColumns(presence, opening, scale: 1, addingTo: nil, into: opening)
      scaleColumns(presence, value, scale: 1, addingTo: nil, into: value)
      if let target = cotangent?.presence { addColumnDots(scale, part(2, record), p, to: target, scratch: sum.rows(0..<1)) }
    }
    if let gradient {
      gate.pullback(layer, at: u.values, cotangent: opening, gradient: gradient, addingTo: cotangent?.values)
      input.pullback(layer, at: u.values, cotangent: value, gradient: gradient, addingTo: cotangent?.values)
    }
    add(1, opening, to: value, into: value)
    state.pullback(layer, at: x, record: record, scale: 1, cotangent: value, addingTo: q, into: q, gradient: gradient, scratch: sum)
  }
}
