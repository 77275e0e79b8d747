import Foundation
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// A scheme with coefficients that none of the registered ones has: y₊ = 0.4y − 0.5y₋ + 0.7hf(y).
private struct Unusual: TwoStepIntegrator {
  var order: Int { 0 }
  func component(_ field: any VectorField) -> Int? { nil }
  func coefficients(_ step: Step) -> TwoStepCoefficients { TwoStepCoefficients(current: 0.4, previous: -0.5, slope: 0.7 * step.stepSize) }
}

@Suite struct TwoStepTests {
  private static let (width, columns) = (5, 16)

  @Test(arguments: ["dense", "hamiltonian"]) func stepAndInverseFollowTheCoefficients(_ name: String) throws {
    let example = try FieldCase(name, FieldConfiguration(width: Self.width, precision: .float64))
    let scheme = try SchemeRun(Unusual(), example)
    let n = example.field.stateWidth
    #expect(scheme.state.rows == 2 * n)
    let start = try Numbers.normal(2 * n * Self.columns, .float64, seed: 5).values
    scheme.state.store(start)
    let slope = Block.zeros(n, Self.columns, .float64)
    example.field.evaluateWhole(
      example.layer(), at: scheme.state.rows(0..<n), scale: 1, addingTo: nil, into: slope, record: nil,
      scratch: .zeros(example.field.scratchWidth, Self.columns, .float64))
    scheme.advance(3, 0.2)
    let (y, old, f) = (Array(start[..<(n * Self.columns)]), Array(start[(n * Self.columns)...]), slope.values)
    #expect(largestDifference(scheme.values, y.indices.map { 0.4 * y[$0] - 0.5 * old[$0] + 0.14 * f[$0] } + y) < 1e-15)
    scheme.retreat(3, 0.2)
    #expect(largestDifference(scheme.values, start) < 4e-15)
  }

  /// ⟨Jv, w⟩ = ⟨v, Jᵀw⟩ of one step, over the whole state.
  @Test(arguments: ["dense", "hamiltonian"]) func pullbackIsTheTransposeOfPushforward(_ name: String) throws {
    let example = try FieldCase(name, FieldConfiguration(width: Self.width, precision: .float64))
    let (scheme, field) = (Unusual(), example.field)
    let rows = scheme.stateWidth(field)
    func normal(_ seed: UInt64) throws -> Block { try example.numbers(rows, Self.columns, seed: seed).block(rows: rows, columns: Self.columns) }
    let (before, v, w) = (try normal(5), try normal(6), try normal(7))
    let (after, out) = (Block.zeros(rows, Self.columns, .float64), Block.zeros(rows, Self.columns, .float64))
    let (record, scratch) = (Block.zeros(scheme.recordWidth(field), Self.columns, .float64), Block.zeros(scheme.scratchWidth(field), Self.columns, .float64))
    let step = Step(index: 2, stepSize: 0.3, weights: StepWeights(example.layer()))
    scheme.step(field, step, from: before, into: after, record: record, scratch: scratch)
    scheme.pushforward(field, step, direction: nil, before: before, after: after, record: record, tangent: v, into: out, scratch: scratch)
    let forward = inner(out.values, w.values)
    scheme.pullback(field, step, before: before, after: after, record: record, cotangent: w, gradient: nil, scratch: scratch)
    #expect(abs(forward - inner(v.values, w.values)) < 1e-12 * norm(out.values) * norm(v.values))
  }
}
