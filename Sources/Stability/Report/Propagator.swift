import LinearAlgebra
import Networks
import Settings

/// Products of the Jacobians of consecutive links of a trajectory, and of their transposes, with vectors: what a perturbation of a state becomes at a later one.
struct Propagator {
  private let trajectory: SampleTrajectory
  private let rooms: (Block, Block)
  private let arena: Arena

  /// - Throws: `.memory`.
  init(_ trajectory: SampleTrajectory) throws(Failure) {
    self.trajectory = trajectory
    let (width, precision) = (trajectory.largestWidth, trajectory.plan.precision)
    var size = Arena.Size()
    for _ in 0..<2 { size.add(rows: width, columns: 1, precision: precision) }
    let arena = try Arena(size)
    self.arena = arena
    rooms = (arena.block(rows: width, columns: 1, precision: precision), arena.block(rows: width, columns: 1, precision: precision))
  }

  /// out = J_last ⋯ J_first·v over the links; `out` may be `v` only without links.
  /// - Throws: the reason why the work must end.
  func pushforward(_ links: Range<Int>, _ v: Block, into out: Block) throws(Failure) {
    var present = v
    for link in links {
      try Watch.check()
      let room = present.base == rooms.0.base ? rooms.1 : rooms.0
      let next = room.packed(rows: trajectory.width(link + 1), columns: 1)
      trajectory.pushforward(link, present, into: next)
      present = next
    }
    copy(present, into: out)
  }

  /// out = J_firstᵀ ⋯ J_lastᵀ·p. `p` is overwritten.
  /// - Throws: the reason why the work must end.
  func pullback(_ links: Range<Int>, _ p: Block, into out: Block) throws(Failure) {
    var present = p
    for link in links.reversed() {
      try Watch.check()
      let room = present.base == rooms.0.base ? rooms.1 : rooms.0
      let next = room.packed(rows: trajectory.width(link), columns: 1)
      trajectory.pullback(link, present, into: next)
      present = next
    }
    copy(present, into: out)
  }

  /// The singular values of the links' product, descending; 1 for each step without links.
  func singularValues(_ links: Range<Int>, _ kahan: GolubKahan) throws(Failure) -> [Double] {
    try kahan.singularValues(
      rows: trajectory.width(links.upperBound), columns: trajectory.width(links.lowerBound),
      multiply: { (v, out) throws(Failure) in try pushforward(links, v, into: out) }, transposed: { (p, out) throws(Failure) in try pullback(links, p, into: out) })
  }
}
