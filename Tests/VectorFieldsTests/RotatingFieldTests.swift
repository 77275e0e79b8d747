import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// The relaxation alone, as splitting integrators use it: it does not touch the place of A, and works with and without prepared memory.
@Suite struct RotatingFieldTests {
  private static let columns = 16

  private func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / Self.columns, columns: Self.columns) }

  private func rotating(_ example: FieldCase) throws -> any RotatingField { try #require(example.field as? any RotatingField) }

  @Test func rotationTensorHoldsASquareMatrix() throws {
    for name in fields.names {
      guard let field = try FieldVariant(name).example().field as? any RotatingField else { continue }
      #expect(field.parameters[field.rotation.tensor].shape == [6, 6])
    }
    #expect(try FieldVariant("rotate_relax").example().field is any RotatingField)
  }

  @Test(arguments: [0, 9]) func relaxationIsTheGradientFlow(_ hidden: Int) throws {
    let variant = FieldVariant("rotate_relax", [("hidden_width", .integer(Int64(hidden)))])
    for precision in Precision.allCases {
      let example = try variant.example(precision: precision)
      let field = try rotating(example)
      let tensors = PlainTensors(example)
      let x = try example.numbers(6, 1, seed: 1)
      var bare = example.layer()
      bare.prepared = nil
      bare.tensors[field.rotation.tensor] = nil
      for layer in [example.layer(.training), example.layer(.inference), bare] {
        let out = try example.zeros(6, 1)
        field.evaluateRelaxation(
          layer, at: x.block(rows: 6, columns: 1), scale: 0.5, addingTo: nil, into: out.block(rows: 6, columns: 1), record: nil,
          scratch: .zeros(field.scratchWidth, 1, precision))
        #expect(largestDifference(out.values, tensors.gradient("K", "b", x.values).map { -0.5 * $0 }) < 50 * precision.epsilon)
      }
    }
  }

  @Test func relaxationsPullbackIsTheTransposeOfItsPushforward() throws {
    let example = try FieldVariant("rotate_relax").example()
    let direction = try FieldVariant("rotate_relax").example(seed: 31, asDirection: true)
    let gradient = try FieldVariant("rotate_relax").example(deviation: 0)
    let field = try rotating(example)
    func numbers(_ seed: UInt64) throws -> Numbers { try example.numbers(6, Self.columns, seed: seed) }
    func zeros(_ rows: Int) throws -> Numbers { try example.zeros(rows, Self.columns) }
    let (x, v, p) = (try numbers(1), try numbers(2), try numbers(3))
    let (value, tangent, record, scratch) = (try zeros(6), try zeros(6), try zeros(field.recordWidth), try zeros(field.scratchWidth))
    field.evaluateRelaxation(example.layer(), at: block(x), scale: 0.4, addingTo: nil, into: block(value), record: block(record), scratch: block(scratch))
    field.pushforwardRelaxation(
      example.layer(), direction: direction.layer(), at: block(x), record: block(record), tangent: block(v), scale: 0.4, addingTo: nil, into: block(tangent),
      scratch: block(scratch))
    let q = try Numbers(p.values, .float64)
    field.pullbackRelaxation(
      example.layer(), at: block(x), record: block(record), scale: 0.4, cotangent: block(q), addingTo: block(q), gradient: gradient.layer(), scratch: block(scratch))
    let pulled = zip(q.values, p.values).map { $0 - $1 }
    let backward = inner(v.values, pulled) + zip(direction.tensors, gradient.tensors).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
    #expect(abs(inner(tangent.values, p.values) - backward) < 1e-13 * norm(tangent.values) * norm(p.values))
    #expect(gradient.tensors[field.rotation.tensor].values.allSatisfy { $0 == 0 })
  }

  /// finishGradient changes only the place of A: dA = ½(G − Gᵀ).
  @Test func finishingTouchesTheRotationAlone() throws {
    let gradient = try FieldVariant("rotate_relax").example(seed: 8)
    let g = PlainTensors(gradient)("A")
    let others = gradient.tensors.dropFirst().flatMap(\.bits)
    gradient.field.finishGradient(gradient.layer())
    let a = PlainTensors(gradient)("A")
    for i in 0..<6 {
      for j in 0..<6 { #expect(abs(a[i][j] - 0.5 * (g[i][j] - g[j][i])) < 1e-15) }
    }
    #expect(gradient.tensors.dropFirst().flatMap(\.bits) == others)
  }
}
