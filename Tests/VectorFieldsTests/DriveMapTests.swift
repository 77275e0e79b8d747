import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// DriveMap is internal to its module, so this tests it through a field whose slopes are 1.
@Suite struct DriveMapTests {
  /// V's gradient is g·uᵀ, b's Σg and u's cotangent Vᵀg, by hand for one sample.
  @Test func inputHasItsDerivatives() throws {
    let example = try DrivenFieldTests.Variant(name: "antisymmetric_rnn", drive: DriveConfiguration(channels: 2)).example(width: 3, activation: .identity)
    let field = example.field
    let (x, p) = (try Numbers([0.1, 0.2, 0.3], .float64), try Numbers([1, -2, 0.5], .float64))
    let gradients = try field.parameters.map { try Numbers($0.count, .float64) }
    let cotangent = try Numbers(2, .float64)
    var gradient = Layer()
    for (index, tensor) in gradients.enumerated() { gradient.tensors[index] = tensor.vector.base }
    gradient.driveBase = cotangent.vector.base
    let (record, scratch) = (try Numbers([1, 1, 1], .float64), try example.zeros(field.scratchWidth, 1))
    let q = try Numbers(3, .float64)
    field.pullback(
      0, example.layer(), at: x.block(rows: 3, columns: 1), record: record.block(rows: 3, columns: 1), scale: 2, cotangent: p.block(rows: 3, columns: 1),
      addingTo: q.block(rows: 3, columns: 1), gradient: gradient, scratch: scratch.block(rows: field.scratchWidth, columns: 1))
    let u = DrivenFieldTests.drive(example)
    let (v, b) = (field.parameters.firstIndex { $0.name == "V" }, field.parameters.firstIndex { $0.name == "b" })
    #expect(gradients[try #require(v)].values == [2, -4, 1].flatMap { g in u.map { g * $0 } })
    #expect(gradients[try #require(b)].values == [2, -4, 1])
    let expected = plainProduct(plainTranspose(DrivenFieldTests.matrix(example, "V")), [2, -4, 1])
    #expect(largestDifference(cotangent.values, expected) < 4 * Precision.float64.epsilon)
  }
}
