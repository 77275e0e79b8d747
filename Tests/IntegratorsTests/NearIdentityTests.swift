import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct NearIdentityTests {
  private static let (width, columns, h) = (5, 16, 0.25)

  private func step(_ name: String, _ configuration: FieldConfiguration) throws -> (example: FieldCase, before: Numbers, after: Numbers) {
    let example = try FieldCase(name, configuration)
    let before = try example.numbers(Self.width, Self.columns, seed: 5)
    let after = try example.zeros(Self.width, Self.columns)
    NearIdentity().step(
      example.field, example.layer(), stepSize: Self.h, from: before.block(rows: Self.width, columns: Self.columns),
      into: after.block(rows: Self.width, columns: Self.columns), record: nil)
    return (example, before, after)
  }

  /// Theory.md §3.13: x̃ = y + h(wy + b), y₊ = x̃ − hγx̃³ with γ = 1.
  @Test(arguments: Precision.allCases) func stepsByItsFormula(_ precision: Precision) throws {
    let (example, before, after) = try step("linear_cubic", FieldConfiguration(width: Self.width, precision: precision))
    for sample in 0..<Self.columns {
      let y = before.column(sample, of: Self.columns)
      let shifted = zip(y, plainLayer(.identity, example.weights, example.bias, y).value).map { $0 + Self.h * $1 }
      // A few rounding errors of numbers of a few units, cubed.
      #expect(largestDifference(after.column(sample, of: Self.columns), shifted.map { $0 - Self.h * $0 * $0 * $0 }) < 50 * precision.epsilon)
    }
  }

  /// With κ = 1/h and relaxation a layer is the ordinary σ(Wy + B), W = I + hw, B = hb.
  @Test(arguments: Activation.allCases) func isTheFeedForwardLayer(_ activation: Activation) throws {
    for precision in Precision.allCases {
      let configuration = FieldConfiguration(
        width: Self.width, activation: activation, gamma: 0, precision: precision, others: [("activation_rate", .real(1 / Self.h))])
      let (example, before, after) = try step("linear_activation", configuration)
      let weights = example.weights.enumerated().map { row, values in values.enumerated().map { (row == $0 ? 1 : 0) + Self.h * $1 } }
      let bias = example.bias.map { Self.h * $0 }
      for sample in 0..<Self.columns {
        let expected = plainLayer(activation, weights, bias, before.column(sample, of: Self.columns)).value
        #expect(largestDifference(after.column(sample, of: Self.columns), expected) < 20 * precision.epsilon)
      }
    }
  }

  @Test(arguments: fields.names) func takesSplitFieldsAlone(_ name: String) throws {
    let field = try fields(name).make(FieldConfiguration(width: 4))
    let failure = refusal { try NearIdentity().check(field) }
    #expect(failure?.status == (field.split != nil ? nil : .incompatible))
    if let failure { #expect(failure.message.contains("wy + b + g(y): linear_cubic or linear_activation;")) }
    #expect(!NearIdentity().isReversible)
  }
}
