import LinearAlgebra

/// x ↦ S(x) + f(x), a shortcut and a branch of the same shape; or (S(x) + f(x), S(x)), one behind the other, for a two-step scheme that goes on from both.
///
/// The record holds those of both maps. Cost: that of both, and a copy.
package struct ResidualMap: LayerMap {
  private let shortcut: any LayerMap
  private let branch: any LayerMap
  private let remembers: Bool

  /// - Parameter remembers: whether S(x) follows behind the sum.
  package init(_ shortcut: any LayerMap, _ branch: any LayerMap, remembers: Bool) {
    precondition(shortcut.outputs == branch.outputs, "a shortcut of another shape than its branch")
    self.shortcut = shortcut
    self.branch = branch
    self.remembers = remembers
  }

  private var rows: Int { branch.outputs }
  package var outputs: Int { remembers ? 2 * rows : rows }
  package var recordWidth: Int { shortcut.recordWidth + branch.recordWidth }
  /// A copy of the cotangent, or S(x); and the scratch of the maps.
  package var scratchWidth: Int { rows + max(shortcut.scratchWidth, branch.scratchWidth) }

  private func shortcutRecord(_ record: Block) -> Block { record.rows(0..<shortcut.recordWidth) }
  private func branchRecord(_ record: Block) -> Block { record.rows(shortcut.recordWidth..<recordWidth) }
  private func own(_ scratch: Block) -> Block { scratch.rows(0..<rows) }
  private func rest(_ scratch: Block) -> Block { scratch.rows(rows..<scratchWidth) }

  /// Writes base + scale·S and base + scale·(S + f), where `s` holds S and `addBranch` adds scale·f to a block.
  private func write(_ s: Block, scale: Double, _ base: Block?, _ out: Block, addBranch: (Block) -> Void) {
    if remembers { add(scale, s, to: base?.rows(rows..<2 * rows), into: out.rows(rows..<2 * rows)) }
    let sum = out.rows(0..<rows)
    add(scale, s, to: base?.rows(0..<rows), into: sum)
    addBranch(sum)
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    let s = own(scratch)
    shortcut.evaluate(layer, at: x, scale: 1, addingTo: nil, into: s, record: record.map { shortcutRecord($0) }, scratch: rest(scratch))
    write(s, scale: scale, base, out) { sum in
      branch.evaluate(layer, at: x, scale: scale, addingTo: sum, into: sum, record: record.map { branchRecord($0) }, scratch: rest(scratch))
    }
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    let s = own(scratch)
    shortcut.pushforward(layer, direction: direction, at: x, record: shortcutRecord(record), tangent: v, scale: 1, addingTo: nil, into: s, scratch: rest(scratch))
    write(s, scale: scale, base, out) { sum in
      branch.pushforward(layer, direction: direction, at: x, record: branchRecord(record), tangent: v, scale: scale, addingTo: sum, into: sum, scratch: rest(scratch))
    }
  }

  /// `q` is other memory than `p`.
  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    let (sum, given) = (own(scratch), p.rows(0..<rows))
    if remembers { combine(1, given, 1, p.rows(rows..<2 * rows), into: sum) } else { copy(given, into: sum) }
    shortcut.pullback(
      layer, at: x, record: shortcutRecord(record), scale: scale, cotangent: sum, addingTo: base, into: q, gradient: gradient, scratch: rest(scratch))
    branch.pullback(
      layer, at: x, record: branchRecord(record), scale: scale, cotangent: given, addingTo: q, into: q, gradient: gradient, scratch: rest(scratch))
  }
}
