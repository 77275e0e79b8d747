import LinearAlgebra
import Settings

/// Stores s states and one record, and recomputes the steps between them in the order that needs the fewest steps (`BinomialSchedule`).
///
///     states s + 2 (two working states),   records 1,   recomputed steps t(N, s) = r·N − C(s + r, r − 1)
///
/// where r is the least number with N ≤ C(s + r, s). Source: Griewank & Walther 2000 (revolve). Memory grows with s alone: 30 checkpoints reverse 496 layers with less than two more forward
/// sweeps, 5 456 with less than three.
package struct Binomial: MemoryPolicy {
  /// The largest number of checkpoints allowed. The adjoint sweep needs four bytes of stack for each.
  package static let maximumCheckpoints = 4096

  /// The number s of checkpoints; 0 until `fitted` derives it from the limit.
  private let checkpoints: Int
  package let byteLimit: Int?

  /// - Parameters:
  ///   - checkpoints: s, including the first state; 0 means as many as the limit allows, or ⌈√N⌉ without a limit. At most N are used.
  ///   - memoryLimit: the limit in bytes; 0 for none.
  /// - Throws: `.incompatible` if both are given.
  package init(checkpoints: Int, memoryLimit: Int = 0) throws(Failure) {
    guard checkpoints == 0 || memoryLimit == 0 else {
      throw Failure(.incompatible, "checkpoints is \(checkpoints) and memory_limit is \(memoryLimit); memory policy binomial takes one of them, and finds the other from it")
    }
    self.init(checkpoints, byteLimit: memoryLimit == 0 ? nil : memoryLimit)
  }

  private init(_ checkpoints: Int, byteLimit: Int?) {
    self.checkpoints = checkpoints
    self.byteLimit = byteLimit
  }

  package var name: String { "binomial" }

  private func checkpoints(_ block: ODEBlock) -> Int {
    min(checkpoints == 0 ? squareRootCeiling(block.layers) : checkpoints, block.layers, Self.maximumCheckpoints)
  }

  package func use(_ block: ODEBlock) -> MemoryUse {
    let checkpoints = checkpoints(block)
    return MemoryUse(states: checkpoints + 2, records: 1, recomputedSteps: BinomialSchedule.advances(block.layers, checkpoints: checkpoints))
  }

  package func leastTapeRows(_ block: ODEBlock) -> Int { byteLimit == nil ? tapeRows(block) : Self.rows(block, 1) }
  package func mostTapeRows(_ block: ODEBlock) -> Int { byteLimit == nil ? tapeRows(block) : Self.rows(block, min(block.layers, Self.maximumCheckpoints)) }
  package func fitted(to block: ODEBlock, rows: Int) -> any MemoryPolicy { byteLimit == nil ? self : Self.most(block, rows: rows) }

  static func rows(_ block: ODEBlock, _ checkpoints: Int) -> Int { (checkpoints + 2) * block.stateWidth + block.recordWidth }

  /// The policy with as many checkpoints as fit `rows` rows of tape, and at least one.
  static func most(_ block: ODEBlock, rows: Int) -> Binomial {
    Binomial(max(1, min((rows - block.recordWidth) / block.stateWidth - 2, block.layers, maximumCheckpoints)), byteLimit: nil)
  }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    let checkpoints = checkpoints(block)
    let tape = Tape(tape, of: block, states: checkpoints + 2)
    var (start, free, at) = (0, checkpoints, 0)
    while block.layers - start > 1, !weights.isOver {
      let steps = BinomialSchedule.split(block.layers - start, free)
      let next = free > 1 ? at + 1 : checkpoints
      block.runLayers(start..<start + steps, weights, tape, from: at, into: next, passing: checkpoints, scratch: scratch)
      (start, free, at) = (start + steps, free - 1, next)
    }
    let after = at == checkpoints ? checkpoints + 1 : checkpoints
    block.stepForward(start..<start + 1, weights, scratch: scratch, states: { tape.state($0 == start ? at : after) }, records: { _ in tape.record(0) })
    return tape.state(after)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    let checkpoints = checkpoints(block)
    let tape = Tape(tape, of: block, states: checkpoints + 2)
    // The layers before which the checkpoints 0 … top lie; at first, the forward sweep has set them. This takes 16 KB of the stack at any depth, whereas a recursion would need a frame per checkpoint.
    var positions = InlineArray<4096, Int32>(repeating: 0)
    var top = 0
    while checkpoints - top > 1, block.layers - Int(positions[top]) > 1 {
      positions[top + 1] = positions[top] + Int32(BinomialSchedule.split(block.layers - Int(positions[top]), checkpoints - top))
      top += 1
    }
    // The layers `end` and later have been pulled back.
    var end = block.layers
    while end > 0, !weights.isOver {
      let start = Int(positions[top])
      var at = top
      if end - start > 1 {
        let (isReady, free) = (end == block.layers, checkpoints - top)
        let steps = BinomialSchedule.split(end - start, free)
        if free > 1 {
          block.runLayers(start..<start + steps, weights, tape, from: top, into: top + 1, passing: checkpoints, scratch: scratch)
          top += 1
          positions[top] = Int32(start + steps)
          continue
        }
        // Starting from the last checkpoint, the steps alternate between the two working states. For the last layer of the block, the forward sweep has already left the result there.
        if !isReady { block.runLayers(start..<end - 1, weights, tape, from: top, into: checkpoints, passing: checkpoints, scratch: scratch) }
        at = checkpoints
      }
      let j = end - 1
      let (before, after) = (tape.state(at), tape.state(at == checkpoints ? checkpoints + 1 : checkpoints))
      // The forward sweep has already recorded the last layer.
      let isRecorded = end == block.layers
      block.pullBack(
        j..<end, weights, cotangent: cotangent, gradient: gradient, scratch: scratch, states: { $0 == j ? before : after }, records: { _ in tape.record(0) },
        before: { _, step in
          if !isRecorded { block.integrator.step(block.field, step, from: before, into: after, record: tape.record(0), scratch: scratch) }
        })
      end = j
      if end == start { top -= 1 }
    }
  }
}
