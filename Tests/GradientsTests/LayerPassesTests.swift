import Gradients
import LinearAlgebra
import TestSupport
import Testing

@Suite struct LayerPassesTests {
  /// A pass over any number of layers from any state into any other has the bits of a plain run and does not change its first state.
  @Test(arguments: [1, 2, 3, 8]) func runsTheLayers(_ layers: Int) throws {
    let example = try BlockCase(field: "antisymmetric", integrator: "euler", layers: layers)
    let width = example.stateWidth
    let start = try example.state(16)
    let wanted = try example.propagate(start, columns: 16)
    // `end` is either separate from the passing states or the first of them.
    for end in [1, 2] {
      let numbers = try example.numbers(4 * width, 16)
      let tape = Tape(numbers.block(rows: 4 * width, columns: 16), of: example.block, states: 4)
      copy(start.block(rows: width, columns: 16), into: tape.state(0))
      let scratch = try example.numbers(example.block.scratchWidth, 16).block(rows: example.block.scratchWidth, columns: 16)
      example.block.runLayers(0..<layers, example.weights, tape, from: 0, into: end, passing: 2, scratch: scratch)
      #expect(Array(numbers.bits[end * width * 16..<(end + 1) * width * 16]) == wanted.bits)
      #expect(Array(numbers.bits[0..<width * 16]) == start.bits)
    }
  }

  /// Consecutive passes over parts of the layers have the bits of one pass over all layers: forward, backward, and in the gradient.
  @Test(arguments: ["euler", "leapfrog", "revnet"], [1, 2, 4]) func passesCompose(_ integrator: String, _ first: Int) throws {
    let layers = 5
    func run(_ ranges: [Range<Int>]) throws -> (final: [UInt64], cotangent: [UInt64], gradient: [UInt64], order: [Int]) {
      let example = try BlockCase(field: "antisymmetric", integrator: integrator, width: 4, layers: layers)
      let (block, width, columns) = (example.block, example.stateWidth, 16)
      let numbers = try example.numbers(StoreAll().tapeRows(block), columns)
      let tape = Tape(numbers.block(rows: StoreAll().tapeRows(block), columns: columns), of: block, trajectory: layers + 1)
      copy(try example.state(columns).block(rows: width, columns: columns), into: tape.state(0))
      let scratch = try example.numbers(block.scratchWidth, columns).block(rows: block.scratchWidth, columns: columns)
      for range in ranges { block.stepForward(range, example.weights, scratch: scratch, states: tape.state, records: tape.record) }
      let cotangent = try example.state(columns, seed: 14)
      let gradient = try Numbers(example.parameters.count, .float64)
      var order: [Int] = []
      for range in ranges.reversed() {
        block.pullBack(
          range, example.weights, cotangent: cotangent.block(rows: width, columns: columns), gradient: BlockGradient(gradient.vector), scratch: scratch,
          states: tape.state, records: tape.record, before: { j, step in order.append(j == step.index ? j : -1) })
      }
      // The last state of a trajectory lies first.
      return (Array(numbers.bits[0..<width * columns]), cotangent.bits, gradient.bits, order)
    }
    let (whole, parts) = (try run([0..<layers]), try run([0..<first, first..<layers]))
    #expect(whole.final == parts.final && whole.cotangent == parts.cotangent && whole.gradient == parts.gradient)
    #expect(whole.order == [4, 3, 2, 1, 0] && parts.order == whole.order)
  }
}
