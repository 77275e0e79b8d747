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

  /// A state's remembered rows are the first rows of the state before, in the same memory.
  @Test(arguments: ["euler", "verlet", "leapfrog", "midpoint", "linear_multistep"]) func trajectoriesStoreRememberedRowsOnce(_ integrator: String) throws {
    let example = try BlockCase(field: integrator == "verlet" ? "hamiltonian" : "antisymmetric", integrator: integrator, width: 4, layers: 3)
    let (block, columns) = (example.block, 16)
    let (width, remembered) = (block.stateWidth, block.integrator.rememberedRows(block.field))
    #expect(remembered == (["euler", "verlet"].contains(integrator) ? 0 : 4))
    let rows = Tape.trajectoryRows(block, states: 4) + 2 * block.recordWidth
    let numbers = try example.numbers(rows, columns)
    let tape = Tape(numbers.block(rows: rows, columns: columns), of: block, trajectory: 4)
    for j in 0..<4 {
      #expect(tape.state(j).rows == width)
      if j > 0 { #expect(tape.state(j).base + (width - remembered) * columns * 8 == tape.state(j - 1).base) }
    }
    #expect(tape.state(3).base == numbers.vector.base)
    #expect(tape.record(0).base == tape.state(0).base + width * columns * 8 && tape.record(1).base == tape.record(0).base + block.recordWidth * columns * 8)
  }
}
