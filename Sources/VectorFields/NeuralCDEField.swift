import LinearAlgebra
import Settings

/// ẏ = F(y)Ẋ(t), F(y) = σ(Ky + b) read as n × C: the neural controlled differential equation along a path X through the observations.
///
/// Source: Kidger, Morrill, Foster & Lyons 2020 (arXiv:2005.08926), eq. 2, with one layer for F. The solution depends on the path and not on the speed at which it is traversed, so that a change of the time scale
/// changes the final state only by the scheme's error. Outside of a sample's observations the path is constant, and so is the state.
///
/// Tensors: K is nC × n; its rows c·n … (c+1)·n − 1 belong to channel c, and its initial values have variance 1/(nC). b is of the configured kind. Cost: one product of nC × n and C passes over the state.
package final class NeuralCDEField: PlannedField, DrivenField {
  package let plan: LayerPlan
  private let map: AffineMap
  private let channels: Int

  package init(_ configuration: FieldConfiguration) throws(Failure) {
    try configuration.requireMatrices(for: "neural_cde")
    var plan = LayerPlan(configuration)
    channels = configuration.drive.channels
    let weights = try plan.weight("K", outputs: channels * configuration.width, for: .sum(terms: channels))
    map = AffineMap(weights, bias: plan.bias("b", of: weights), configuration.activation)
    self.plan = plan
  }

  package var driveForm: PathForm { .derivative }
  package var driveWidth: Int { channels }
  private var rows: Int { channels * width }
  /// σ' and σ.
  package var recordWidth: Int { 2 * rows }
  package var scratchWidth: Int { 2 * rows }

  private func channel(_ c: Int, _ matrix: Block) -> Block { matrix.rows(c * width..<(c + 1) * width) }

  /// out = base + scale·Fu.
  private func contract(_ matrix: Block, _ u: Block, scale: Double, addingTo base: Block?, into out: Block) {
    for c in 0..<channels { scaleColumns(u.rows(c..<c + 1), channel(c, matrix), scale: scale, addingTo: c == 0 ? base : out, into: out) }
  }

  package func evaluate(
    _ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block
  ) {
    let matrix = record?.rows(rows..<2 * rows) ?? scratch.rows(0..<rows)
    map.evaluate(layer, at: x, scale: 1, addingTo: nil, into: matrix, record: record?.rows(0..<rows), scratch: scratch.rows(rows..<2 * rows))
    contract(matrix, layer.givenDrive(channels, like: x), scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ component: Int, _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?,
    scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let change = scratch.rows(0..<rows)
    map.pushforward(
      layer, direction: direction, at: x, record: record.rows(0..<rows), tangent: v, scale: 1, addingTo: nil, into: change, scratch: scratch.rows(rows..<2 * rows))
    contract(change, layer.givenDrive(channels, like: x), scale: scale, addingTo: base, into: out)
    if let moved = direction?.drive(channels, like: x) { contract(record.rows(rows..<2 * rows), moved, scale: scale, addingTo: out, into: out) }
  }

  package func pullback(
    _ component: Int, _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block,
    addingTo q: Block, gradient: Layer?, scratch: Block
  ) {
    let (u, target) = (layer.givenDrive(channels, like: x), gradient?.drive(channels, like: x))
    let cotangent = scratch.rows(0..<rows)
    for c in 0..<channels {
      scaleColumns(u.rows(c..<c + 1), p, scale: scale, addingTo: nil, into: channel(c, cotangent))
      if let target {
        addColumnDots(scale, channel(c, record.rows(rows..<2 * rows)), p, to: target.rows(c..<c + 1), scratch: scratch.rows(rows..<rows + 1))
      }
    }
    map.pullback(
      layer, at: x, record: record.rows(0..<rows), scale: 1, cotangent: cotangent, addingTo: q, into: q, gradient: gradient,
      scratch: scratch.rows(rows..<2 * rows))
  }
}
