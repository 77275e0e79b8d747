import Foundation
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveReplayTests {
  private static let fields = ["dense", "antisymmetric", "hamiltonian"]

  private struct Derivatives {
    let after: Numbers, tangent: Numbers, cotangent: Numbers, again: Numbers, gradient: [Numbers], defect: Double, steps: Int
  }

  /// A tile of samples that need different numbers of steps, with ⟨Jv, w⟩ − ⟨v, Jᵀw⟩ for a direction in state and parameters.
  private func derivatives(
    _ field: String, _ tableau: AdaptiveTableau, _ precision: Precision, samples: Int, tolerance: Double, maximumSteps: Int = 10_000, length: Double = 3
  ) throws -> Derivatives {
    let configuration = FieldConfiguration(width: 4, precision: precision)
    let adaptive = try AdaptiveCase(tableau, field, configuration, tolerance: tolerance, length: length) { ($0.maximumSteps, $0.recordedSteps) = (maximumSteps, 1) }
    let columns = Block.columns(forSamples: samples)
    let rows = adaptive.width
    func samplesOnly(_ seed: UInt64, growing: Bool = false) throws -> Numbers {
      let numbers = try adaptive.example.numbers(rows, columns, seed: seed)
      for row in 0..<rows {
        for column in 0..<columns { numbers[row * columns + column] *= column >= samples ? 0 : growing ? Double(column + 1) : 1 }
      }
      return numbers
    }
    let before = try samplesOnly(5, growing: true)
    adaptive.log.samples = 0..<samples
    let record = try adaptive.record(columns)
    let after = try adaptive.solve(before, columns: columns, record: record)
    let (v, w) = (try samplesOnly(6), try samplesOnly(7))
    let direction = try FieldCase(field, configuration, seed: 50, asDirection: true)
    let tangent = try adaptive.pushforward(before, after, record, tangent: v, direction: direction, columns: columns)
    let back = try adaptive.pullback(before, after, record, cotangent: w, columns: columns)
    let again = try adaptive.pullback(before, after, record, cotangent: w, columns: columns)
    let left = inner(tangent.values, w.values)
    let right = inner(v.values, back.cotangent.values) + zip(direction.tensors, back.gradient).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
    #expect(adaptive.log.first == nil)
    let steps = (0..<columns).map { Int(record.column($0, of: columns)[0]) }.max() ?? 0
    return Derivatives(
      after: after, tangent: tangent, cotangent: back.cotangent, again: again.cotangent, gradient: back.gradient,
      defect: abs(left - right) / (norm(tangent.values) * norm(w.values)), steps: steps)
  }

  /// The pullback is the transpose of the steps made, so the identity holds up to rounding for any tolerance.
  @Test(arguments: fields, Precision.allCases) func pullbackIsTheTransposeOfPushforward(_ field: String, _ precision: Precision) throws {
    for tableau in AdaptiveTableauTests.tableaus {
      for samples in [1, 5, 40] {
        for tolerance in [1e-2, 1e-5] {
          let result = try derivatives(field, tableau, precision, samples: samples, tolerance: tolerance)
          #expect(result.defect < (precision == .float64 ? 1e-12 : 1e-5), "\(tableau.name), \(samples) samples, \(tolerance): \(result.defect)")
        }
      }
    }
  }

  /// A record with few slots, replayed segment by segment, gives the same results as a record of all steps: the steps have the same bits. Only sums over samples may differ in their order, because samples
  /// are ordered by their steps in a segment.
  @Test(arguments: fields, Precision.allCases) func segmentsOfTheRecordChangeNothing(_ field: String, _ precision: Precision) throws {
    let tolerance = precision == .float64 ? 1e-7 : 1e-6
    let whole = try derivatives(field, .dopri5, precision, samples: 20, tolerance: tolerance, length: 10)
    var distinct: Set<Int> = []
    // max_steps also counts the few rejected steps.
    for maximumSteps in [whole.steps + 12, whole.steps + 25, 3 * whole.steps] {
      distinct.insert(SegmentSchedule(steps: maximumSteps).segment(of: whole.steps - 1))
      let parts = try derivatives(field, .dopri5, precision, samples: 20, tolerance: tolerance, maximumSteps: maximumSteps, length: 10)
      #expect(parts.after.bits == whole.after.bits)
      #expect(parts.tangent.bits == whole.tangent.bits)
      #expect(parts.cotangent.bits == whole.cotangent.bits)
      #expect(parts.again.bits == whole.cotangent.bits, "a second pullback of the same record")
      for (part, all) in zip(parts.gradient, whole.gradient) {
        #expect(largestDifference(part.values, all.values) < 100 * precision.epsilon * norm(all.values), "\(largestDifference(part.values, all.values))")
      }
    }
    #expect(distinct.contains { $0 > 1 }, "three segments at least: \(distinct), \(whole.steps) steps")
  }

  /// Solve and gradient together evaluate the field at most three times as often as the solve alone, for any number of steps and samples that need very different numbers of them; so does a tangent.
  /// ẏ = Ky with a rotation K is linear: ⟨p, y(T)⟩ = ⟨Jᵀp, y(0)⟩ and J·y(0) = y(T), to the rounding of so many steps.
  @Test(arguments: [100, 1_000, 10_000] + (wholeSweep ? [100_000] : [])) func derivativesCostAtMostThreeSolves(_ steps: Int) throws {
    // Only one sample for the largest numbers of steps, where only the count matters.
    let samples = steps > 10_000 ? 1 : 20
    let columns = Block.columns(forSamples: samples)
    let adaptive = try AdaptiveCase(linear: [[0, -1], [1, 0]], tolerance: 1e-6, length: 0.45 * Double(steps)) { $0.maximumSteps = 3 * steps }
    // A smaller state is allowed a larger relative error.
    let before = try adaptive.tile((0..<samples).map { [pow(10, -Double($0) / 4), 0] }, columns: columns)
    let record = try adaptive.record(columns)
    let after = try adaptive.solve(before, columns: columns, record: record)
    let counts = (0..<samples).map { Int(record.column($0, of: columns)[0]) }
    #expect(counts.max() ?? 0 >= steps && (samples == 1 || (counts.max() ?? 0) > 3 * (counts.min() ?? 0)), "\(counts)")
    let solve = adaptive.log.evaluations
    let p = try adaptive.tile((0..<samples).map { _ in [0.3, -0.8] }, columns: columns)
    let back = try adaptive.pullback(before, after, record, cotangent: p, columns: columns)
    #expect(adaptive.log.evaluations == solve && adaptive.log.recomputed <= 2 * solve, "\(Double(adaptive.log.recomputed) / Double(solve))")
    for sample in 0..<samples {
      let (start, end, slope) = (before.column(sample, of: columns), after.column(sample, of: columns), back.cotangent.column(sample, of: columns))
      #expect(abs(inner([0.3, -0.8], end) - inner(slope, start)) <= 1e-15 * Double(steps) * norm(end))
    }
    let again = try adaptive.record(columns)
    _ = try adaptive.solve(before, columns: columns, record: again)
    adaptive.log.clear()
    let tangent = try adaptive.pushforward(before, after, again, tangent: before, direction: nil, columns: columns)
    #expect(adaptive.log.recomputed <= 2 * solve)
    for sample in 0..<samples {
      let (end, moved) = (after.column(sample, of: columns), tangent.column(sample, of: columns))
      #expect(largestDifference(end, moved) <= 1e-15 * Double(steps) * norm(end))
    }
  }

  /// With fixed step sizes the map is smooth and the tangent is its derivative: the remainder is of second order.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func taylorRemainderWithFixedStepsIsOfSecondOrder(_ index: Int) throws {
    let remainders = try taylor(AdaptiveTableauTests.tableaus[index], [1e-2, 1e-3, 1e-4]) {
      $0.firstStep = 0.4
      $0.absoluteTolerance = 1e6
    }
    for (coarse, fine) in zip(remainders, remainders.dropFirst()) { #expect(log10(coarse / fine) > 1.9, "\(remainders)") }
  }

  /// With step control the accepted step sizes depend on the parameters, which the derivative ignores. The remainder is that of the flow as long as ε is well above the tolerance.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func taylorRemainderWithControlIsOfSecondOrderDownToTheTolerance(_ index: Int) throws {
    let remainders = try taylor(AdaptiveTableauTests.tableaus[index], [1e-1, 1e-2, 1e-3]) { ($0.relativeTolerance, $0.absoluteTolerance) = (1e-12, 1e-12) }
    for (coarse, fine) in zip(remainders, remainders.dropFirst()) { #expect(log10(coarse / fine) > 1.9, "\(remainders)") }
  }

  /// ‖Φ(θ+εδ) − Φ(θ) − εΦ'δ‖ for each ε.
  private func taylor(_ tableau: AdaptiveTableau, _ epsilons: [Double], _ change: @escaping (inout AdaptiveControl) -> Void) throws -> [Double] {
    let configuration = FieldConfiguration(width: 4, precision: .float64)
    let base = try AdaptiveCase(tableau, "dense", configuration, length: 2, change: change)
    let before = try base.example.numbers(4, 16, seed: 5)
    let record = try base.record(16)
    let after = try base.solve(before, columns: 16, record: record)
    let direction = try FieldCase("dense", configuration, seed: 50, asDirection: true)
    let tangent = try base.pushforward(before, after, record, tangent: try base.example.zeros(4, 16), direction: direction, columns: 16)
    return try epsilons.map { epsilon in
      let moved = try AdaptiveCase(tableau, "dense", configuration, length: 2, change: change)
      for (tensor, slope) in zip(moved.example.tensors, direction.tensors) {
        for index in 0..<tensor.count { tensor[index] += epsilon * slope[index] }
      }
      let changed = try moved.solve(before, columns: 16)
      return norm(changed.values.indices.map { changed[$0] - after[$0] - epsilon * tangent[$0] })
    }
  }
}
