import LinearAlgebra
import Settings

/// Keeps s states and one record, and runs the steps between again in the order that needs the fewest (`BinomialSchedule`).
///
///     states s + 2 (two to step between),   records 1,   recomputed steps t(N, s) = r·N − C(s + r, r − 1)
///
/// where r is the least number with N ≤ C(s + r, s). Source: Griewank & Walther 2000 (revolve). Memory grows with s alone: 30 checkpoints reverse 496 layers with less than two more forward
/// sweeps, 5 456 with less than three.
package struct Binomial: MemoryPolicy {
  /// Beyond these more checkpoints than layers would be needed to save anything over `StoreEvery`.
  package static let maximumCheckpoints = 4096

  /// 0: not yet known.
  private let checkpoints: Int
  package let byteLimit: Int?

  /// - Parameters:
  ///   - checkpoints: s, the first state among them; 0 for what the limit allows, or ⌈√N⌉. No more than N are used.
  ///   - memoryLimit: bytes; 0 for none.
  /// - Throws: `.incompatible` when both are given.
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

  /// The one with the most checkpoints, of at least one, that `rows` rows of tape hold.
  static func most(_ block: ODEBlock, rows: Int) -> Binomial {
    Binomial(max(1, min((rows - block.recordWidth) / block.stateWidth - 2, block.layers, maximumCheckpoints)), byteLimit: nil)
  }

  package func initialState(_ block: ODEBlock, tape: Block) -> Block { Tape(tape, of: block, states: checkpoints(block) + 2).state(0) }

  package func forward(_ block: ODEBlock, _ weights: Weights, tape: Block, scratch: Block) -> Block {
    let checkpoints = checkpoints(block)
    let tape = Tape(tape, of: block, states: checkpoints + 2)
    var (start, free, at) = (0, checkpoints, 0)
    while block.layers - start > 1 {
      let steps = BinomialSchedule.split(block.layers - start, free)
      let next = free > 1 ? at + 1 : checkpoints
      block.runLayers(start..<start + steps, weights, tape, from: at, into: next, passing: checkpoints, scratch: scratch)
      (start, free, at) = (start + steps, free - 1, next)
    }
    let after = at == checkpoints ? checkpoints + 1 : checkpoints
    block.integrator.step(block.field, block.step(start, weights), from: tape.state(at), into: tape.state(after), record: tape.record(0), scratch: scratch)
    return tape.state(after)
  }

  package func adjoint(_ block: ODEBlock, _ weights: Weights, tape: Block, cotangent: Block, gradient: BlockGradient?, scratch: Block) {
    let checkpoints = checkpoints(block)
    let reversal = Reversal(
      block: block, weights: weights, tape: Tape(tape, of: block, states: checkpoints + 2), working: checkpoints, cotangent: cotangent, gradient: gradient,
      scratch: scratch)
    reversal.run(0, block.layers, free: checkpoints, at: 0, isReady: true)
  }
}

/// One adjoint sweep with what it works on.
private struct Reversal {
  let block: ODEBlock
  let weights: Weights
  let tape: Tape
  /// The first of the two states to step between; checkpoints lie before it.
  let working: Int
  let cotangent: Block
  let gradient: BlockGradient?
  let scratch: Block

  /// Pulls back `length` layers from layer `start`, before which the state `at` of the tape lies. It is the last of the checkpoints in use, or with none left a working state.
  ///
  /// - Parameters:
  ///   - free: checkpoints that may be used, that at the start included.
  ///   - isReady: whether the forward sweep has already left the checkpoints on the way to the last layer, and its record.
  ///
  /// The recursion is as deep as there are checkpoints.
  func run(_ start: Int, _ length: Int, free: Int, at: Int, isReady: Bool) {
    var (length, isReady) = (length, isReady)
    while length > 1 {
      let steps = BinomialSchedule.split(length, free)
      let next = free > 1 ? at + 1 : working
      if !isReady { block.runLayers(start..<start + steps, weights, tape, from: at, into: next, passing: working, scratch: scratch) }
      run(start + steps, length - steps, free: free - 1, at: next, isReady: isReady)
      (length, isReady) = (steps, false)
    }
    let after = tape.state(at == working ? working + 1 : working)
    let step = block.step(start, weights)
    if !isReady { block.integrator.step(block.field, step, from: tape.state(at), into: after, record: tape.record(0), scratch: scratch) }
    block.integrator.pullback(
      block.field, step, before: tape.state(at), after: after, record: tape.record(0), cotangent: cotangent, gradient: block.gradient(start, gradient), scratch: scratch)
  }
}
