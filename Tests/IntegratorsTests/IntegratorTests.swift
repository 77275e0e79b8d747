import Foundation
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// What the protocol promises, for every registered integrator and every field that it accepts.
@Suite struct IntegratorTests {
  private static let columns = 16

  private static let pairs = BlockCase.pairs.map { "\($0.field) \($0.integrator)" }

  private func pair(_ names: String) throws -> (example: FieldCase, integrator: any Integrator) {
    let names = names.split(separator: " ").map(String.init)
    return (try FieldCase(names[0], FieldConfiguration(width: 5, gamma: 0.3, precision: .float64)), try integrators.standard(names[1]))
  }

  private func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / Self.columns, columns: Self.columns) }

  /// The visible state at time 1 of a constant-weight problem after so many steps, from z = 0.
  private func visible(_ example: FieldCase, _ integrator: any Integrator, steps: Int) throws -> [Double] {
    var (state, other) = (try example.numbers(example.field.stateWidth, Self.columns, seed: 5), try example.zeros(example.field.stateWidth, Self.columns))
    if example.field.isPartitioned { fill(block(state).rows(5..<10), 0) }
    for _ in 0..<steps {
      integrator.step(example.field, example.layer(), stepSize: 1 / Double(steps), from: block(state), into: block(other), record: nil)
      swap(&state, &other)
    }
    return Array(state.values[..<(5 * Self.columns)])
  }

  /// The differences between successive halvings of the step shrink by 2^order.
  @Test(arguments: pairs) func observedOrderIsTheStatedOne(_ names: String) throws {
    let (example, integrator) = try pair(names)
    let results = try [128, 256, 512].map { try visible(example, integrator, steps: $0) }
    let errors = [0, 1].map { index in norm(zip(results[index], results[index + 1]).map { $0 - $1 }) }
    let order = log2(errors[0] / errors[1])
    #expect(abs(order - Double(integrator.order)) < 0.15, "order \(order)")
  }

  @Test(arguments: pairs) func recordChangesNothing(_ names: String) throws {
    let (example, integrator) = try pair(names)
    let rows = example.field.stateWidth
    let before = try example.numbers(rows, Self.columns, seed: 5)
    let (plain, recorded) = (try example.zeros(rows, Self.columns), try example.zeros(rows, Self.columns))
    let record = try example.zeros(integrator.recordWidth(example.field), Self.columns)
    let bits = before.bits
    integrator.step(example.field, example.layer(), stepSize: 0.1, from: block(before), into: block(plain), record: nil)
    integrator.step(example.field, example.layer(), stepSize: 0.1, from: block(before), into: block(recorded), record: block(record))
    #expect(plain.bits == recorded.bits)
    #expect(before.bits == bits)
    #expect(record.values.allSatisfy { $0 > 0 && $0 <= 1 }, "slopes of tanh")
  }

  @Test(arguments: pairs) func reversibleSchemesHaveAnInverse(_ names: String) throws {
    let (example, integrator) = try pair(names)
    guard integrator.isReversible else { return }
    let rows = example.field.stateWidth
    let before = try example.numbers(rows, Self.columns, seed: 5)
    let (after, back) = (try example.zeros(rows, Self.columns), try example.zeros(rows, Self.columns))
    integrator.step(example.field, example.layer(), stepSize: 0.3, from: block(before), into: block(after), record: nil)
    integrator.reverse(example.field, example.layer(), stepSize: 0.3, from: block(after), into: block(back), record: nil)
    // Two additions undone: a rounding each.
    #expect(largestDifference(back.values, before.values) < 1e-15)
  }
}
