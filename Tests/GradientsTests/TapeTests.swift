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
}
