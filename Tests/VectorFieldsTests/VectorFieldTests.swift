import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// The contracts of the protocol, for every registered field and its variants by options.
@Suite struct VectorFieldTests {
  private static let columns = 16
  private static let canary = 12345.0

  private func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / Self.columns, columns: Self.columns) }

  /// `rows` rows of zeros with two rows of canaries behind them.
  private func guarded(_ rows: Int) throws -> Numbers {
    try Numbers(Array(repeating: 0, count: rows * Self.columns) + Array(repeating: Self.canary, count: 2 * Self.columns), .float64)
  }
  private func isWhole(_ numbers: Numbers) -> Bool { numbers.values.suffix(2 * Self.columns).allSatisfy { $0 == Self.canary } }

  @Test(arguments: FieldVariant.all) func componentsWriteEveryRowOnce(_ variant: FieldVariant) throws {
    let field = try variant.example().field
    let written = (0..<field.componentCount).flatMap { Array(field.rowsWritten(by: $0)) }
    #expect(written == Array(0..<field.stateWidth), "positions first")
    #expect(field.width <= field.stateWidth)
    for component in 0..<field.componentCount {
      #expect(field.rowsRead(by: component).upperBound <= field.stateWidth)
      #expect(!field.isPartitioned || !field.rowsRead(by: component).overlaps(field.rowsWritten(by: component)))
    }
    #expect(field.parameters.count <= Layer.maximumFieldTensors)
    #expect(Set(field.parameters.map(\.name)).count == field.parameters.count)
    #expect(field.preparedCount(for: .training) <= field.preparedCount(for: .inference))
  }

  /// The bits are the same with and without a record, in place and not, alone and in a tile; inputs do not change.
  @Test(arguments: FieldVariant.all, Precision.allCases) func valuesDoNotDependOnHowTheyAreAskedFor(_ variant: FieldVariant, _ precision: Precision) throws {
    for bias in BiasKind.allCases {
      let example = try variant.example(bias: bias, precision: precision)
      let field = example.field
      for component in 0..<field.componentCount {
        let (read, written) = (field.rowsRead(by: component).count, field.rowsWritten(by: component).count)
        let x = try example.numbers(read, Self.columns, seed: 1)
        let base = try example.numbers(written, Self.columns, seed: 2)
        let (out, record) = (try example.zeros(written, Self.columns), try example.zeros(field.recordWidth, Self.columns))
        let before = x.bits + base.bits + example.tensors.flatMap(\.bits)
        field.evaluate(component, example.layer(), at: block(x), scale: 0.1, addingTo: block(base), into: block(out), record: block(record))
        #expect(x.bits + base.bits + example.tensors.flatMap(\.bits) == before)
        for purpose in [Purpose.training, .inference] {
          for sample in [0, 3, 15] {
            let (one, oneBase) = (try Numbers(x.column(sample, of: 16), precision), try Numbers(base.column(sample, of: 16), precision))
            field.evaluate(
              component, example.layer(purpose), at: one.block(rows: read, columns: 1), scale: 0.1, addingTo: oneBase.block(rows: written, columns: 1),
              into: oneBase.block(rows: written, columns: 1), record: nil)
            #expect(oneBase.values.map(\.bitPattern) == out.column(sample, of: 16).map(\.bitPattern), "component \(component), sample \(sample), \(purpose)")
          }
        }
        field.evaluate(component, example.layer(), at: block(x), scale: 0.1, addingTo: block(base), into: block(base), record: nil)
        #expect(out.bits == base.bits)
      }
    }
  }

  /// Agrees with central differences in parameters and state, whose error is ε²·|f'''| plus rounding/ε, here below 1e-8.
  @Test(arguments: FieldVariant.all, BiasKind.allCases) func pushforwardIsTheDerivative(_ variant: FieldVariant, _ bias: BiasKind) throws {
    let epsilon = 1e-5
    let example = try variant.example(bias: bias)
    let direction = try variant.example(bias: bias, seed: 31, asDirection: true, at: example)
    let field = example.field
    for component in 0..<field.componentCount {
      let (read, written) = (field.rowsRead(by: component).count, field.rowsWritten(by: component).count)
      let (x, v) = (try example.numbers(read, Self.columns, seed: 1), try example.numbers(read, Self.columns, seed: 2))
      let base = try example.numbers(written, Self.columns, seed: 4)
      for (withDirection, withTangent) in [(true, true), (true, false), (false, true), (false, false)] {
        func moved(_ sign: Double) throws -> [Double] {
          let there = try variant.example(bias: bias)
          if withDirection {
            for (tensor, change) in zip(there.tensors, direction.tensors) { axpy(sign * epsilon, change.vector, addingTo: tensor.vector) }
            field.prepare(there.layer(), stepSize: FieldCase.stepSize, for: .training)
          }
          let input = try Numbers(zip(x.values, v.values).map { $0 + (withTangent ? sign * epsilon * $1 : 0) }, .float64)
          let out = try example.zeros(written, Self.columns)
          field.evaluate(component, there.layer(), at: block(input), scale: 0.4, addingTo: nil, into: block(out), record: nil)
          return out.values
        }
        let expected = zip(base.values, zip(try moved(1), try moved(-1))).map { $0 + ($1.0 - $1.1) / (2 * epsilon) }
        let (value, record) = (try example.zeros(written, Self.columns), try example.zeros(field.recordWidth, Self.columns))
        field.evaluate(component, example.layer(), at: block(x), scale: 0.4, addingTo: nil, into: block(value), record: block(record))
        // In place: `out` may be `base`.
        let tangent = try Numbers(base.values, .float64)
        field.pushforward(
          component, example.layer(), direction: withDirection ? direction.layer() : nil, at: block(x), record: block(record),
          tangent: withTangent ? block(v) : nil, scale: 0.4, addingTo: block(tangent), into: block(tangent),
          scratch: block(try example.zeros(field.scratchWidth, Self.columns)))
        #expect(largestDifference(tangent.values, expected) < 1e-8, "component \(component), direction \(withDirection), tangent \(withTangent)")
      }
    }
  }

  /// ⟨pushforward, p⟩ = ⟨v, pullback⟩ + ⟨direction, gradient⟩, where q uses the memory of p if the field has one component; only the rows that the field declares are used.
  @Test(arguments: FieldVariant.all, BiasKind.allCases) func pullbackIsTheTransposeOfPushforward(_ variant: FieldVariant, _ bias: BiasKind) throws {
    let example = try variant.example(bias: bias)
    let direction = try variant.example(bias: bias, seed: 31, asDirection: true, at: example)
    let field = example.field
    for component in 0..<field.componentCount {
      let (read, written) = (field.rowsRead(by: component).count, field.rowsWritten(by: component).count)
      let gradient = try variant.example(bias: bias, deviation: 0)
      let x = try example.numbers(read, Self.columns, seed: 1)
      let v = try example.numbers(read, Self.columns, seed: 2)
      let p = try example.numbers(written, Self.columns, seed: 3)
      let (value, tangent) = (try example.zeros(written, Self.columns), try example.zeros(written, Self.columns))
      let (record, scratch) = (try guarded(field.recordWidth), try guarded(field.scratchWidth))
      let recordRows = block(record).rows(0..<field.recordWidth)
      let scratchRows = block(scratch).rows(0..<field.scratchWidth)
      field.evaluate(component, example.layer(), at: block(x), scale: 0.4, addingTo: nil, into: block(value), record: recordRows, scratch: scratchRows)
      field.pushforward(
        component, example.layer(), direction: direction.layer(), at: block(x), record: recordRows, tangent: block(v), scale: 0.4, addingTo: nil,
        into: block(tangent), scratch: scratchRows)
      let before = x.bits + record.bits
      let start = field.isPartitioned ? try example.numbers(read, Self.columns, seed: 5) : p
      let q = try Numbers(start.values, .float64)
      let apart = field.isPartitioned ? p : q
      field.pullback(
        component, example.layer(), at: block(x), record: recordRows, scale: 0.4, cotangent: block(apart), addingTo: block(q), gradient: gradient.layer(),
        scratch: scratchRows)
      #expect(x.bits + record.bits == before)
      #expect(isWhole(record) && isWhole(scratch))
      if !field.isPartitioned {
        // The cotangent is the same in memory separate from p, and without a gradient.
        let other = try Numbers(start.values, .float64)
        field.pullback(
          component, example.layer(), at: block(x), record: recordRows, scale: 0.4, cotangent: block(p), addingTo: block(other), gradient: nil,
          scratch: scratchRows)
        #expect(other.bits == q.bits)
      }
      field.finishGradient(gradient.layer(), at: example.layer(), stepSize: FieldCase.stepSize)
      // The difference added to q is the transposed product.
      let pulled = zip(q.values, start.values).map { $0 - $1 }
      let backward = inner(v.values, pulled) + zip(direction.tensors, gradient.tensors).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
      let size = norm(tangent.values) * norm(p.values)
      #expect(abs(inner(tangent.values, p.values) - backward) < 1e-13 * size, "component \(component)")
      #expect(size > 0.1)
    }
  }
}
