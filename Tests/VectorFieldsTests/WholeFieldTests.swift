import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct WholeFieldTests {
  private static let (width, columns) = (5, 16)

  private func example() throws -> (FieldCase, x: Block, base: Block) {
    let example = try FieldCase("hamiltonian", FieldConfiguration(width: Self.width, precision: .float64))
    func normal(_ seed: UInt64) throws -> Block { try example.numbers(2 * Self.width, Self.columns, seed: seed).block(rows: 2 * Self.width, columns: Self.columns) }
    return (example, try normal(5), try normal(6))
  }

  private func zeros(_ rows: Int) -> Block { .zeros(rows, Self.columns, .float64) }

  /// Theory.md §2.4: ẏ = σ(Kz+b), ż = −σ(Kᵀy+b), both at the same state.
  @Test func allComponentsAreEvaluatedAtTheSameState() throws {
    let (example, x, base) = try example()
    let (out, record) = (zeros(2 * Self.width), zeros(example.field.wholeRecordWidth))
    example.field.evaluateWhole(example.layer(), at: x, scale: 0.7, addingTo: base, into: out, record: record, scratch: zeros(example.field.scratchWidth))
    #expect(record.rows == 2 * Self.width)
    let (state, start, result) = (x.values, base.values, out.values)
    func column(_ values: [Double], _ sample: Int) -> [Double] { stride(from: sample, to: values.count, by: Self.columns).map { values[$0] } }
    for sample in 0..<Self.columns {
      let (y, z) = (Array(column(state, sample)[..<Self.width]), Array(column(state, sample)[Self.width...]))
      let f = plainLayer(.tanh, example.weights, example.bias, z).value + plainLayer(.tanh, plainTranspose(example.weights), example.bias, y).value.map { -$0 }
      let expected = zip(column(start, sample), f).map { $0 + 0.7 * $1 }
      // A few rounding errors of numbers near one.
      #expect(largestDifference(column(result, sample), expected) < 1e-14)
    }
  }

  /// ⟨p, s J v⟩ = ⟨s Jᵀp, v⟩, and both add to the present contents of the result.
  @Test func pullbackIsTheTransposeOfPushforward() throws {
    let (example, x, v) = try example()
    let record = zeros(example.field.wholeRecordWidth)
    let scratch = zeros(example.field.scratchWidth)
    example.field.evaluateWhole(example.layer(), at: x, scale: 1, addingTo: nil, into: zeros(2 * Self.width), record: record, scratch: scratch)
    let p = try example.numbers(2 * Self.width, Self.columns, seed: 7).block(rows: 2 * Self.width, columns: Self.columns)
    let (out, q) = (zeros(2 * Self.width), zeros(2 * Self.width))
    fill(out, 2)
    fill(q, 3)
    example.field.pushforwardWhole(
      example.layer(), direction: nil, at: x, record: record, tangent: v, scale: 0.7, addingTo: out, into: out, scratch: scratch)
    example.field.pullbackWhole(example.layer(), at: x, record: record, scale: 0.7, cotangent: p, addingTo: q, gradient: nil, scratch: scratch)
    let forward = inner(p.values, out.values.map { $0 - 2 })
    let backward = inner(v.values, q.values.map { $0 - 3 })
    #expect(abs(forward - backward) < 1e-12 * norm(p.values) * norm(out.values))
    #expect(abs(forward) > 1e-3)
  }
}
