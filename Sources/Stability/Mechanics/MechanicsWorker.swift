import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings

/// The memory for one sample's momenta and the vectors that its figures are made of.
final class MechanicsWorker {
  private let cotangents: [Block]
  private let rooms: Block
  let tangents: (Block, Block)
  private let vectors: [Block]
  /// The target of the sample: a label, or values.
  let labels: UnsafeMutablePointer<Int32>
  let values: Block
  private let arena: Arena

  /// - Throws: `.memory`.
  init(_ trajectory: SampleTrajectory) throws(Failure) {
    let widths = (0...trajectory.links.count).map(trajectory.width)
    let (largest, targets) = (trajectory.largestWidth, max(trajectory.plan.targetCount, 1))
    var size = Arena.Size()
    for rows in widths + Array(repeating: largest, count: 9) + [targets] { size.add(rows: rows, columns: 1, precision: .float64) }
    size.add(count: 1, precision: .float64)
    let arena = try Arena(size)
    self.arena = arena
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: 1, precision: .float64) }
    cotangents = widths.map(block)
    rooms = block(largest)
    tangents = (block(largest), block(largest))
    vectors = (0..<6).map { _ in block(largest) }
    values = block(targets)
    labels = arena.vector(count: 1, precision: .float64).base.bindMemory(to: Int32.self, capacity: 1)
    try Watch.check()
  }

  /// The momentum of vector `index` of the trajectory, of its whole state.
  func cotangent(_ index: Int) -> Block { cotangents[index] }
  func room(_ rows: Int) -> Block { rooms.rows(0..<rows) }
  func vector(_ index: Int, _ rows: Int) -> Block { vectors[index].rows(0..<rows) }

  /// The momentum that belongs to the field's own `rows` rows of a state: where a scheme keeps copies of y beside it, which move along with y on a solution, their momenta are added.
  func momentum(_ block: ODEBlock, _ vector: Int, _ rows: Int, slot: Int) -> Block {
    let (whole, out) = (cotangents[vector], self.vector(slot, rows))
    copy(whole.rows(0..<rows), into: out)
    let holdsCopies = block.integrator is any TwoStepIntegrator || block.integrator is LinearMultistep || block.integrator is ReversibleRungeKutta
    if holdsCopies, whole.rows >= 2 * rows { combine(1, out, 1, whole.rows(rows..<2 * rows), into: out) }
    return out
  }
}
