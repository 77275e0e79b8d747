import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// The contracts of the protocol, for every registered field that can be split.
@Suite struct SplitFieldTests {
  static let names = fields.names.filter { name in isCertain { try fields(name).make(FieldConfiguration(width: 4)).split != nil } }
  private static let (width, columns) = (5, 16)

  @Test func theFieldsOfRuseckasSplit() {
    #expect(Self.names.contains("linear_cubic") && Self.names.contains("linear_activation"))
    #expect(!Self.names.contains("dense"))
  }

  private func block(_ numbers: Numbers) -> Block { numbers.block(rows: Self.width, columns: Self.columns) }

  /// The two parts, evaluated at the same x, add up to the field: values, tangents, and cotangents with their gradients.
  @Test(arguments: names, Precision.allCases) func thePartsAreTheField(_ name: String, _ precision: Precision) throws {
    let example = try FieldCase(name, FieldConfiguration(width: Self.width, precision: precision))
    let field = try #require(example.field.split)
    let direction = try FieldCase(name, example.configuration, seed: 40, asDirection: true).layer()
    let (x, v) = (try example.numbers(Self.width, Self.columns, seed: 1), try example.numbers(Self.width, Self.columns, seed: 2))
    let (whole, parts, half) = (try example.zeros(Self.width, Self.columns), try example.zeros(Self.width, Self.columns), try example.zeros(Self.width, Self.columns))
    let record = try example.zeros(field.recordWidth, Self.columns).block(rows: field.recordWidth, columns: Self.columns)
    let scratch = try example.zeros(field.scratchWidth, Self.columns).block(rows: field.scratchWidth, columns: Self.columns)
    let layer = example.layer()

    field.evaluate(.affine, layer, at: block(x), scale: 0.7, addingTo: block(v), into: block(half), record: nil, scratch: scratch)
    field.evaluate(.elementwise, layer, at: block(x), scale: 0.7, addingTo: block(half), into: block(parts), record: record, scratch: scratch)
    field.evaluate(0, layer, at: block(x), scale: 0.7, addingTo: block(v), into: block(whole), record: nil, scratch: scratch)
    #expect(parts.bits == whole.bits)

    field.pushforward(.affine, layer, direction: direction, at: block(x), record: record, tangent: block(v), scale: 0.7, addingTo: nil, into: block(half), scratch: scratch)
    field.pushforward(
      .elementwise, layer, direction: direction, at: block(x), record: record, tangent: block(v), scale: 0.7, addingTo: block(half), into: block(parts), scratch: scratch)
    field.pushforward(0, layer, direction: direction, at: block(x), record: record, tangent: block(v), scale: 0.7, addingTo: nil, into: block(whole), scratch: scratch)
    // The sums are in another order.
    #expect(largestDifference(parts.values, whole.values) < 10 * precision.epsilon)

    let (own, other) = (try FieldCase(name, example.configuration, seed: 50), try FieldCase(name, example.configuration, seed: 50))
    copy(v.vector, into: parts.vector)
    copy(v.vector, into: whole.vector)
    field.pullback(
      .affine, layer, at: block(x), record: record, scale: 0.7, cotangent: block(v), addingTo: block(parts), gradient: own.layer(), scratch: scratch)
    field.pullback(
      .elementwise, layer, at: block(x), record: record, scale: 0.7, cotangent: block(v), addingTo: block(parts), gradient: own.layer(), scratch: scratch)
    field.pullback(0, layer, at: block(x), record: record, scale: 0.7, cotangent: block(v), addingTo: block(whole), gradient: other.layer(), scratch: scratch)
    #expect(largestDifference(parts.values, whole.values) < 10 * precision.epsilon)
    for (tensor, reference) in zip(own.tensors, other.tensors) { #expect(tensor.bits == reference.bits) }
  }

  /// w is the first tensor, n × n, and b the second, if there is one.
  @Test(arguments: names, BiasKind.allCases) func namesItsTensors(_ name: String, _ bias: BiasKind) throws {
    let field = try #require(try fields(name).make(FieldConfiguration(width: 4, bias: bias)).split)
    #expect(field.parameters[field.weightTensor].name == "w" && field.parameters[field.weightTensor].shape == [4, 4])
    #expect(field.biasTensor.map { field.parameters[$0].count } == (bias == .none ? nil : bias.count(4)))
  }
}
