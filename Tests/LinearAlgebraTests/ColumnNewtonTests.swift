import Foundation
import LinearAlgebra
import TestSupport
import Testing

/// g(m) = start + s·tanh(a·m) in one dimension, with a slope a for each sample.
private struct ScalarMap: ColumnFixedPoint {
  let start: [Double]
  let slopes: [Double]
  let scale: Double

  func residual(at m: Block, into r: Block) {
    let (m, r) = (BlockNumbers(block: m), BlockNumbers(block: r))
    for s in 0..<slopes.count { r[0, s] = start[s] + scale * tanh(slopes[s] * m[0, s]) - m[0, s] }
  }

  func derivative(at m: Block, of v: Block, into out: Block) {
    let (m, v, out) = (BlockNumbers(block: m), BlockNumbers(block: v), BlockNumbers(block: out))
    for s in 0..<slopes.count {
      let t = tanh(slopes[s] * m[0, s])
      out[0, s] = v[0, s] * (1 - scale * slopes[s] * (1 - t * t))
    }
  }
}

@Suite struct ColumnNewtonTests {
  private func solve(
    _ slopes: [Double], start: [Double], scale: Double = 1, tolerance: Double? = nil, iterations: Int = 500, precision: Precision = .float64
  ) throws -> (m: SampleNumbers, outcome: ColumnNewton.Outcome) {
    let columns = slopes.count
    let newton = ColumnNewton(size: 1, tolerance: tolerance ?? 4 * precision.epsilon, iterations: iterations)
    let (from, m) = (try SampleNumbers(start, precision), try SampleNumbers(columns, precision))
    let scratch = try SampleNumbers(newton.scratchRows * columns, precision)
    let map = ScalarMap(start: from.values, slopes: slopes, scale: scale)
    let outcome = newton.solve(
      map, from: from.block(rows: 1, columns: columns), into: m.block(rows: 1, columns: columns), scratch: scratch.block(rows: newton.scratchRows, columns: columns))
    return (m, outcome)
  }

  private static let slopes = [0.1, -0.1, 0.5, -0.9, -3, -30, -1000, -1e5, 0, 0.9, -2, -1, -50, 0.3, -0.4, -7]

  /// From contractions to slopes of −1e5: every decreasing g has exactly one fixed point.
  @Test(arguments: Precision.allCases) func findsFixedPointsHoweverSteep(_ precision: Precision) throws {
    let start = try SampleNumbers.normal(16, precision, seed: 4).values
    let (m, outcome) = try solve(Self.slopes, start: start, precision: precision)
    #expect(outcome.failed == 0)
    for s in 0..<16 {
      let defect = abs(start[s] + tanh(Self.slopes[s] * m[s]) - m[s])
      // The rounding error of a·m, amplified by the slope of tanh.
      #expect(defect <= (8 + 2 * abs(Self.slopes[s] * m[s])) * precision.epsilon * max(abs(start[s]), abs(m[s])) + 2 * precision.epsilon, "slope \(Self.slopes[s])")
    }
  }

  @Test(arguments: Precision.allCases) func aSampleAloneHasTheSameBits(_ precision: Precision) throws {
    var start = try SampleNumbers.normal(16, precision, seed: 4).values
    start[6] = .nan
    let together = try solve(Self.slopes, start: start, precision: precision)
    for s in 0..<16 where s != 6 {
      #expect(try solve([Self.slopes[s]], start: [start[s]], precision: precision).m.bits == [together.m.bits[s]], "slope \(Self.slopes[s])")
    }
    #expect(together.outcome.failed == 1 && together.outcome.residual.isNaN)
  }

  /// A sample that exceeds the maximum number of iterations returns its starting value, whatever its neighbors do.
  @Test func iterationsEndWithTheStart() throws {
    let (m, outcome) = try solve([-1000, 0.01], start: [0.5, 0.5], tolerance: 1e-3, iterations: 3)
    #expect(outcome.failed == 1 && outcome.residual > 1e-3)
    #expect(m[0] == 0.5, "the start")
    #expect(abs(m[1] - 0.5 - tanh(0.01 * m[1])) < 1e-3)
  }

  /// Convergence is quadratic at the end: the tolerance 1e-14 takes only a few more evaluations than 1e-4, where fixed-point iteration would diverge.
  @Test func convergesQuadratically() throws {
    let loose = try solve([-3], start: [0.4], tolerance: 1e-4).outcome.evaluations
    let tight = try solve([-3], start: [0.4], tolerance: 1e-14).outcome.evaluations
    #expect(tight > loose && tight <= loose + 12)
  }
}
