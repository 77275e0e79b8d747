import Foundation
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveReplayTests {
  private static let fields = ["dense", "antisymmetric", "hamiltonian"]

  private struct Derivatives {
    let after: Numbers, tangent: Numbers, cotangent: Numbers, gradient: [Numbers], defect: Double, size: Double
  }

  /// A tile of samples that need different numbers of steps, with ⟨Jv, w⟩ − ⟨v, Jᵀw⟩ for a direction in state and parameters.
  private func derivatives(
    _ field: String, _ tableau: AdaptiveTableau, _ precision: Precision, samples: Int, tolerance: Double, recordedSteps: Int = 32
  ) throws -> Derivatives {
    let configuration = FieldConfiguration(width: 4, precision: precision)
    let adaptive = try AdaptiveCase(tableau, field, configuration, tolerance: tolerance, length: 3) { $0.recordedSteps = recordedSteps }
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
    let left = inner(tangent.values, w.values)
    let right = inner(v.values, back.cotangent.values) + zip(direction.tensors, back.gradient).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
    #expect(adaptive.log.first == nil)
    return Derivatives(
      after: after, tangent: tangent, cotangent: back.cotangent, gradient: back.gradient, defect: abs(left - right) / (norm(tangent.values) * norm(w.values)),
      size: norm(tangent.values))
  }

  /// The transpose is that of the steps taken, so the identity holds to rounding whatever the tolerance.
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

  /// A record of few steps, window by window, gives what a record of all steps gives: the steps are the same to the last bit; windows change nothing but the order of no sum at all.
  @Test(arguments: fields, [1, 3, 7]) func windowsOfTheRecordChangeNothing(_ field: String, _ recordedSteps: Int) throws {
    let whole = try derivatives(field, .dopri5, .float64, samples: 20, tolerance: 1e-6, recordedSteps: 100)
    let parts = try derivatives(field, .dopri5, .float64, samples: 20, tolerance: 1e-6, recordedSteps: recordedSteps)
    #expect(parts.after.bits == whole.after.bits)
    #expect(parts.tangent.bits == whole.tangent.bits)
    // Samples are ordered by their steps in the window, so that sums over samples are made in another order.
    #expect(largestDifference(parts.cotangent.values, whole.cotangent.values) < 1e-13)
    for (part, all) in zip(parts.gradient, whole.gradient) { #expect(largestDifference(part.values, all.values) < 1e-12) }
  }

  /// With step sizes that nothing changes the map is smooth, and the tangent is its derivative: remainder of second order.
  @Test(arguments: AdaptiveTableauTests.tableaus.indices) func taylorRemainderWithFixedStepsIsOfSecondOrder(_ index: Int) throws {
    let remainders = try taylor(AdaptiveTableauTests.tableaus[index], [1e-2, 1e-3, 1e-4]) {
      $0.firstStep = 0.4
      $0.absoluteTolerance = 1e6
    }
    for (coarse, fine) in zip(remainders, remainders.dropFirst()) { #expect(log10(coarse / fine) > 1.9, "\(remainders)") }
  }

  /// With step control the accepted sizes follow the parameters, which the derivative leaves out: the remainder is that of the flow as long as ε is well above the tolerance.
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
