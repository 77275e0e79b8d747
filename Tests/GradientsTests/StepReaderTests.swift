import Gradients
import LinearAlgebra
import TestSupport
import Testing

@Suite struct StepReaderTests {
  @Test func stepsEndWithTheirStates() {
    let each = StepStates(first: 1, every: 1, count: 3)
    #expect((0...3).map(each.step(endingAt:)) == [nil, 0, 1, 2])
    let third = StepStates(first: 3, every: 3, count: 2)
    #expect((0...6).map(third.step(endingAt:)) == [nil, nil, nil, 0, nil, nil, 1])
    let path = StepStates(first: 0, every: 2, count: 3)
    #expect((0...4).map(path.step(endingAt:)) == [0, nil, 1, nil, 2])
  }

  /// What a reader without a map reads on the way forward are the states, and what it adds on the way back is the cotangent of each: the gradient of Σ ⟨w_i, y_i⟩ has the bits of that of one state where
  /// all other w are zero. A policy that computes states again reads nothing then.
  @Test(arguments: ["euler", "leapfrog", "verlet"], [0, 1]) func readsStatesAndAddsCotangents(_ integrator: String, _ first: Int) throws {
    let (layers, columns) = (6, 16)
    let example = try BlockCase(field: integrator == "verlet" ? "hamiltonian" : "antisymmetric", integrator: integrator, width: 4, layers: layers)
    let (block, width) = (example.block, example.block.width)
    let states = StepStates(first: first * 2, every: 2, count: 4 - first)
    let scores = try example.numbers(states.count * width, columns)
    let reader = StepReader(states, nil, outputs: width, scores: scores.block(rows: states.count * width, columns: columns))
    var weights = example.weights
    weights.reader = Unmanaged.passUnretained(reader)
    reader.task = .scores
    for policy in [StoreAll(), StoreEvery(2), try Binomial(checkpoints: 2)] as [any MemoryPolicy] {
      fill(scores.vector, 9)
      let final = try example.derivatives(policy, columns: columns, weights: weights).final
      #expect(Array(scores.bits.suffix(width * columns)) == Array(final.bits.prefix(width * columns)))
      #expect(!scores.values.contains(9))
    }
    // The cotangent of the final state alone, given in one way and in the other.
    let plain = try example.derivatives(StoreAll(), columns: columns)
    let given = try example.state(columns, seed: 14)
    for index in 0..<(states.count - 1) * width * columns { scores[index] = 0 }
    for index in 0..<width * columns { scores[(states.count - 1) * width * columns + index] = given[index] }
    reader.task = .cotangents
    for policy in [StoreAll(), StoreEvery(4), try Binomial(checkpoints: 1)] as [any MemoryPolicy] {
      let twice = try example.derivatives(policy, columns: columns, weights: weights)
      // Both add up: the cotangent of the final state counts twice in its visible rows.
      if block.stateWidth == width { #expect(zip(twice.cotangent.values, plain.cotangent.values).allSatisfy { abs($0 - 2 * $1) < 1e-12 }) }
      reader.task = .nothing
      let once = try example.derivatives(policy, columns: columns, weights: weights)
      #expect(once.cotangent.bits == plain.cotangent.bits && once.gradient.bits == plain.gradient.bits)
      reader.task = .cotangents
    }
    withExtendedLifetime(reader) {}
  }
}
