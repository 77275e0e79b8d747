import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// What the protocol promises, for every registered field.
@Suite struct VectorFieldTests {
  private static let (width, columns) = (5, 16)

  private func example(_ name: String, _ precision: Precision = .float64) throws -> FieldCase {
    try FieldCase(name, FieldConfiguration(width: Self.width, gamma: 0.3, precision: precision))
  }

  private func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / Self.columns, columns: Self.columns) }

  @Test(arguments: fields.names) func componentsWriteEveryRowOnce(_ name: String) throws {
    let field = try example(name).field
    let written = (0..<field.componentCount).flatMap { Array(field.rowsWritten(by: $0)) }
    #expect(written.sorted() == Array(0..<field.stateWidth))
    #expect(written.prefix(field.width) == Array(0..<field.width)[...], "the visible rows come first")
    #expect((0..<field.componentCount).allSatisfy { field.rowsRead(by: $0).upperBound <= field.stateWidth })
  }

  @Test(arguments: fields.names, Precision.allCases) func outputMayBeItsBase(_ name: String, _ precision: Precision) throws {
    let example = try example(name, precision)
    for component in 0..<example.field.componentCount {
      let x = try example.numbers(Self.width, Self.columns, seed: 1)
      let base = try example.numbers(Self.width, Self.columns, seed: 2)
      let out = try example.zeros(Self.width, Self.columns)
      example.field.evaluate(component, example.layer(), at: block(x), scale: 0.1, addingTo: block(base), into: block(out), record: nil)
      example.field.evaluate(component, example.layer(), at: block(x), scale: 0.1, addingTo: block(base), into: block(base), record: nil)
      #expect(out.bits == base.bits)
    }
  }

  /// ⟨pushforward, p⟩ = ⟨v, pullback⟩ + ⟨direction, gradient⟩, with q the memory of p where the field has one component.
  @Test(arguments: fields.names) func pullbackIsTheTransposeOfPushforward(_ name: String) throws {
    let example = try example(name)
    let direction = try FieldCase(name, example.configuration, seed: 31, asDirection: true)
    for component in 0..<example.field.componentCount {
      let gradient = try FieldCase(name, example.configuration, deviation: 0)
      let x = try example.numbers(Self.width, Self.columns, seed: 1)
      let v = try example.numbers(Self.width, Self.columns, seed: 2)
      let p = try example.numbers(Self.width, Self.columns, seed: 3)
      let (value, record) = (try example.zeros(Self.width, Self.columns), try example.zeros(Self.width, Self.columns))
      let (tangent, scratch) = (try example.zeros(Self.width, Self.columns), try example.zeros(Self.width, Self.columns))
      example.field.evaluate(component, example.layer(), at: block(x), scale: 0.4, addingTo: nil, into: block(value), record: block(record))
      example.field.pushforward(
        component, example.layer(), direction: direction.layer(), at: block(x), record: block(record), tangent: block(v), scale: 0.4, addingTo: nil,
        into: block(tangent), scratch: block(scratch))
      let shared = try Numbers(p.values, .float64)
      example.field.pullback(
        component, example.layer(), at: block(x), record: block(record), scale: 0.4, cotangent: block(shared), addingTo: block(shared),
        gradient: gradient.layer(), scratch: block(scratch))
      gradient.field.finishGradient(gradient.layer())
      // q began as p: what was added is the transposed product.
      let pulled = zip(shared.values, p.values).map { $0 - $1 }
      let backward = inner(v.values, pulled) + zip(direction.tensors, gradient.tensors).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
      let size = norm(tangent.values) * norm(p.values)
      #expect(abs(inner(tangent.values, p.values) - backward) < 1e-13 * size, "component \(component)")
      #expect(size > 0.1)
    }
  }
}
