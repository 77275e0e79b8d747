import Gradients
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct PropagationTests {
  private static let pairs = BlockCase.pairs.map { "\($0.field) \($0.integrator)" }

  private func example(_ names: String, _ precision: Precision, layers: Int) throws -> BlockCase {
    let names = names.split(separator: " ").map(String.init)
    return try BlockCase(field: names[0], integrator: names[1], gamma: 0.3, layers: layers, precision: precision)
  }

  /// A run without a tape has the bits of a run with one. Odd and even numbers of layers end in different halves of the buffer.
  @Test(arguments: pairs, Precision.allCases) func rememberingChangesNoBit(_ names: String, _ precision: Precision) throws {
    for layers in [1, 6, 7] {
      let example = try example(names, precision, layers: layers)
      for columns in [1, 16, 48] {
        let free = try example.propagate(try example.state(columns), columns: columns)
        for name in memoryPolicies.names {
          let policy = try memoryPolicies.standard(name)
          if let failure = refusal({ try policy.check(example.block) }) {
            #expect(failure.status == .incompatible && name == "reversible" && !example.block.integrator.isReversible)
            continue
          }
          #expect(try example.derivatives(policy, columns: columns).final.bits == free.bits, "\(name), \(layers) layers, \(columns) columns")
        }
      }
    }
  }

  /// The tangent agrees with central differences of the states in float64. (y(x+εv) − y(x−εv))/2ε has the errors ε² and rounding/ε, both near 1e-10 for ε = 1e-5, except for
  /// schemes such as leapfrog in which a state grows to a hundred.
  @Test(arguments: pairs) func tangentIsTheDerivativeOfTheState(_ names: String) throws {
    let example = try example(names, .float64, layers: 5)
    let (block, columns) = (example.block, 16)
    let start = try example.state(columns)
    let direction = try example.state(columns, seed: 77)
    let rows = block.propagationRows
    let states = try example.numbers(rows, columns).block(rows: rows, columns: columns)
    let tangents = try example.numbers(rows, columns).block(rows: rows, columns: columns)
    func whole(_ numbers: Numbers) -> Block { numbers.block(rows: example.stateWidth, columns: columns) }
    copy(whole(start), into: block.propagated(0, in: states))
    copy(whole(direction), into: block.propagated(0, in: tangents))
    let record = try example.numbers(block.recordWidth, columns).block(rows: block.recordWidth, columns: columns)
    let scratch = try example.numbers(block.scratchWidth, columns).block(rows: block.scratchWidth, columns: columns)
    let last = block.propagateTangent(example.weights, direction: nil, states: states, tangents: tangents, record: record, scratch: scratch)
    let (state, tangent) = (try example.numbers(example.stateWidth, columns), try example.numbers(example.stateWidth, columns))
    copy(last.state, into: whole(state))
    copy(last.tangent, into: whole(tangent))
    #expect(state.bits == (try example.propagate(start, columns: columns)).bits)
    let epsilon = 1e-5
    func moved(_ factor: Double) throws -> [Double] {
      try example.propagate(try Numbers(zip(start.values, direction.values).map { $0 + factor * $1 }, .float64), columns: columns).values
    }
    let difference = zip(try moved(epsilon), try moved(-epsilon)).map { ($0 - $1) / (2 * epsilon) }
    #expect(largestDifference(tangent.values, difference) < 5e-8)
  }
}
