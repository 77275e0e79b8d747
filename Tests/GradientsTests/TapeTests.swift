import Gradients
import LinearAlgebra
import TestSupport
import Testing

@Suite struct TapeTests {
  @Test func statesLieBeforeRecords() throws {
    let example = try BlockCase(field: "hamiltonian", integrator: "verlet", width: 4, layers: 3)
    let numbers = try example.numbers(3 * 8 + 2 * 8, 16)
    let tape = Tape(numbers.block(rows: 40, columns: 16), of: example.block, states: 3)
    for (index, part) in [tape.state(0), tape.state(1), tape.state(2), tape.record(0), tape.record(1)].enumerated() {
      #expect(part.base == numbers.vector.base + index * 8 * 16 * 8 && part.rows == 8 && part.columns == 16)
    }
  }

  /// Any number of layers from any state into any other has the bits of a plain run, and leaves the state it started from.
  @Test(arguments: [1, 2, 3, 8]) func runsTheLayers(_ layers: Int) throws {
    let example = try BlockCase(field: "antisymmetric", integrator: "euler", layers: layers)
    let width = example.stateWidth
    let start = try example.state(16)
    let wanted = try example.propagate(start, columns: 16)
    // Into a state of its own, and into the one that is passed through.
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
}
