import LinearAlgebra
import Settings

/// f(y, (δ, m, x)) = δσ(Ky + b) + m tanh(Wy + Vx + c): the state flows between observations and gets a residual update at each observation.
///
/// Source: Rubanova, Chen & Duvenaud 2019 (arXiv:1907.03907), algorithm 1, with one layer for the flow, and with a residual cell instead of the gated cell there.
///
/// A block has k + 1 layers for each step of a sequence. The first k layers are the flow: m = 0 and δ = Δt/(kh), where Δt is the time since the sample's last observation, so that a step of size h advances the
/// flow by Δt/k. The last layer is the observation: δ = 0 and m = 1/h, so that an Euler step adds tanh(Wy + Vx + c). In a padded step δ = m = 0, and the state keeps its bits. An unobserved channel has its last
/// value, or 0 before its first one.
///
/// Tensors: K, W n × n; V n × C; b, c of the configured kind. Cost: three products per layer.
package final class ODERNNField: PlannedField, DrivenField {
  package let plan: LayerPlan
  private let flow: AffineMap
  private let update: AffineMap
  private let input: DriveMap
  private let channels: Int

  package init(_ configuration: FieldConfiguration) throws(Failure) {
    try configuration.requireMatrices(for: "ode_rnn")
    var plan = LayerPlan(configuration)
    channels = configuration.drive.channels
    let weights = try plan.weight("K")
    flow = AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation)
    update = AffineMap(try plan.weight("W"), bias: .none, nil)
    let inputs = try plan.weight("V", inputs: channels)
    input = DriveMap(inputs, bias: plan.bias("c", of: inputs))
    self.plan = plan
  }

  package var driveForm: PathForm { .events }
  package var driveWidth: Int { 2 + channels }
  /// σ', tanh', σ and tanh.
  package var recordWidth: Int { 4 * width }
  package var scratchWidth: Int { 3 * width }

  private func part(_ index: Int, _ rows: Block) -> Block { rows.rows(index * width..<(index + 1) * width) }
  private func elapsed(_ drive: Block) -> Block { drive.rows(0..<1) }
  private func weight(_ drive: Block) -> Block { drive.rows(1..<2) }
  private func observation(_ drive: Block) -> Block { drive.rows(2..<2 + channels) }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let u = layer.givenDrive(driveWidth, like: x)
    let flowing = record.map { part(2, $0) } ?? part(0, scratch)
    let updating = record.map { part(3, $0) } ?? part(1, scratch)
    flow.evaluate(layer, at: x, scale: 1, addingTo: nil, into: flowing, record: record.map { part(0, $0) }, scratch: part(2, scratch))
    input.evaluate(layer, at: observation(u), addingTo: nil, into: updating)
    update.evaluate(layer, at: x, scale: 1, addingTo: updating, into: updating, record: nil, scratch: part(2, scratch))
    activate(.tanh, updating, scale: 1, addingTo: nil, into: updating, slope: record.map { part(1, $0) })
    scaleColumns(elapsed(u), flowing, scale: scale, addingTo: base, into: out)
    scaleColumns(weight(u), updating, scale: scale, addingTo: out, into: out)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let u = layer.givenDrive(driveWidth, like: x)
    let change = direction?.drive(driveWidth, like: x)
    let (flowing, updating) = (part(0, scratch), part(1, scratch))
    flow.pushforward(
      layer, direction: direction, at: x, record: part(0, record), tangent: v, scale: 1, addingTo: nil, into: flowing, scratch: part(2, scratch))
    update.pushforward(
      layer, direction: direction, at: x, record: record, tangent: v, scale: 1, addingTo: nil, into: updating, scratch: part(2, scratch))
    input.pushforward(layer, direction: direction, at: observation(u), tangent: change.map(observation), addingTo: updating, into: updating)
    multiply(1, part(1, record), updating, addingTo: nil, into: updating)
    scaleColumns(elapsed(u), flowing, scale: scale, addingTo: base, into: out)
    scaleColumns(weight(u), updating, scale: scale, addingTo: out, into: out)
    if let moved = change {
      scaleColumns(elapsed(moved), part(2, record), scale: scale, addingTo: out, into: out)
      scaleColumns(weight(moved), part(3, record), scale: scale, addingTo: out, into: out)
    }
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let u = layer.givenDrive(driveWidth, like: x)
    let (flowing, updating) = (part(0, scratch), part(1, scratch))
    scaleColumns(elapsed(u), p, scale: scale, addingTo: nil, into: flowing)
    multiply(scale, part(1, record), p, addingTo: nil, into: updating)
    scaleColumns(weight(u), updating, scale: 1, addingTo: nil, into: updating)
    let target = gradient?.drive(driveWidth, like: x)
    if let target {
      addColumnDots(scale, part(2, record), p, to: elapsed(target), scratch: part(2, scratch).rows(0..<1))
      addColumnDots(scale, part(3, record), p, to: weight(target), scratch: part(2, scratch).rows(0..<1))
    }
    if let gradient { input.pullback(layer, at: observation(u), cotangent: updating, gradient: gradient, addingTo: target.map(observation)) }
    flow.pullback(
      layer, at: x, record: part(0, record), scale: 1, cotangent: flowing, addingTo: q, into: q, gradient: gradient, scratch: part(2, scratch))
    update.pullback(
      layer, at: x, record: record, scale: 1, cotangent: updating, addingTo: q, into: q, gradient: gradient, scratch: part(2, scratch))
  }
}
