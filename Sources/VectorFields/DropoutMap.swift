import LinearAlgebra

/// x ↦ m⊙x during training, where each number of m is 0 with probability q and 1/(1 − q) otherwise, and x in evaluation.
///
/// One number of m may stand for several neighboring rows, such as all pixels of a channel. m depends only on the numbers of `Layer.draws`: seed, step, connector, sample and row. It is drawn again wherever it is
/// needed, so that derivatives are those of the same m, and nothing is recorded. Evaluation draws nothing.
/// Sources: Srivastava et al. 2014, with inverted scaling; Tompson et al. 2015 (whole channels).
package struct DropoutMap: LayerMap {
  package let outputs: Int
  private let rate: Double
  private let together: Int

  /// - Parameters:
  ///   - rate: q in [0, 1).
  ///   - together: how many neighboring rows are dropped together; it divides `rows`.
  package init(rate: Double, rows: Int, together: Int = 1) {
    precondition(rows % together == 0, "rows that are dropped together")
    self.rate = rate
    self.together = together
    outputs = rows
  }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { outputs / together }

  /// out = base + scale·m⊙x.
  private func apply(_ layer: Layer, _ x: Block, _ scale: Double, _ base: Block?, _ out: Block, _ scratch: Block) {
    guard layer.draws.isDrawn, rate > 0 else { return add(scale, x, to: base, into: out) }
    let mask = scratch.rows(0..<outputs / together)
    drawMask(layer.draws, probability: 1 - rate, value: 1 / (1 - rate), into: mask)
    guard together > 1 else { return multiply(scale, mask, x, addingTo: base, into: out) }
    for group in 0..<mask.rows {
      let rows = group * together..<(group + 1) * together
      scaleColumns(mask.rows(group..<group + 1), x.rows(rows), scale: scale, addingTo: base?.rows(rows), into: out.rows(rows))
    }
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    apply(layer, x, scale, base, out, scratch)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    apply(layer, v, scale, base, out, scratch)
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    apply(layer, p, scale, base, q, scratch)
  }
}
