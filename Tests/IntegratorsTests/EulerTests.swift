import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct EulerTests {
  private static let (width, columns, h) = (5, 16, 0.2)

  private func step(_ name: String, _ precision: Precision) throws -> (example: FieldCase, before: Numbers, after: Numbers) {
    let example = try FieldCase(name, FieldConfiguration(width: Self.width, precision: precision))
    let rows = example.field.stateWidth
    let before = try example.numbers(rows, Self.columns, seed: 5)
    let after = try example.zeros(rows, Self.columns)
    Euler().step(
      example.field, example.layer(), stepSize: Self.h, from: before.block(rows: rows, columns: Self.columns),
      into: after.block(rows: rows, columns: Self.columns), record: nil)
    return (example, before, after)
  }

  /// Theory.md §3.1: y₊ = y + h f(y).
  @Test(arguments: Precision.allCases) func stepsByItsFormula(_ precision: Precision) throws {
    let (example, before, after) = try step("dense", precision)
    for sample in 0..<Self.columns {
      let y = before.column(sample, of: Self.columns)
      let f = plainLayer(.tanh, example.weights, example.bias, y).value
      // A few rounding errors of numbers near one.
      #expect(largestDifference(after.column(sample, of: Self.columns), zip(y, f).map { $0 + Self.h * $1 }) < 10 * precision.epsilon)
    }
  }

  /// Both parts of a partitioned state are updated from the old state: z₊ does not depend on y₊, nor y₊ on z₊.
  @Test(arguments: Precision.allCases) func movesBothPartsFromTheOldState(_ precision: Precision) throws {
    let (example, before, after) = try step("hamiltonian", precision)
    for sample in 0..<Self.columns {
      let state = before.column(sample, of: Self.columns)
      let (y, z) = (Array(state[..<Self.width]), Array(state[Self.width...]))
      let moved =
        zip(y, plainLayer(.tanh, example.weights, example.bias, z).value).map { $0 + Self.h * $1 }
        + zip(z, plainLayer(.tanh, plainTranspose(example.weights), example.bias, y).value).map { $0 - Self.h * $1 }
      #expect(largestDifference(after.column(sample, of: Self.columns), moved) < 10 * precision.epsilon)
    }
  }

  @Test(arguments: fields.names) func refusesNoField(_ name: String) throws {
    try Euler().check(fields(name).make(FieldConfiguration(width: 2)))
    #expect(!Euler().isReversible)
  }
}
