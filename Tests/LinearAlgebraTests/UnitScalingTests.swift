import LinearAlgebra
import TestSupport
import Testing

/// One map of weights to weights of norm at most 1, with its derivatives.
struct ScalingCase {
  let scaling: any UnitScaling
  let count: Int
  let precision: Precision

  init(_ scaling: any UnitScaling, count: Int, _ precision: Precision = .float64) { (self.scaling, self.count, self.precision) = (scaling, count, precision) }

  private func memory() throws -> TestSupport.Numbers { try TestSupport.Numbers(scaling.memoryCount(precision), precision) }

  func made(_ weights: TestSupport.Numbers) throws -> TestSupport.Numbers {
    let made = try TestSupport.Numbers(count, precision)
    scaling.make(weights.vector, into: made.vector, memory: try memory().vector.base)
    return made
  }

  func tangent(_ direction: TestSupport.Numbers, at weights: TestSupport.Numbers) throws -> TestSupport.Numbers {
    let (made, base) = (try TestSupport.Numbers(count, precision), try memory())
    scaling.make(weights.vector, into: made.vector, memory: base.vector.base)
    scaling.makeDirection(direction.vector, into: made.vector, memory: try memory().vector.base, at: base.vector.base)
    return made
  }

  /// The cotangent of K, computed twice, which must be the same.
  func pulledBack(_ cotangent: TestSupport.Numbers, at weights: TestSupport.Numbers) throws -> TestSupport.Numbers {
    let (made, base) = (try TestSupport.Numbers(count, precision), try memory())
    scaling.make(weights.vector, into: made.vector, memory: base.vector.base)
    let (first, second) = (try TestSupport.Numbers(cotangent.values, precision), try TestSupport.Numbers(cotangent.values, precision))
    scaling.pullBack(first.vector, memory: base.vector.base)
    scaling.pullBack(second.vector, memory: base.vector.base)
    #expect(first.bits == second.bits)
    return first
  }

  /// The tangent against central differences, and the transpose against the tangent.
  func checkDerivatives() throws {
    let (k, v, g) = (try TestSupport.Numbers.normal(count, precision, seed: 1, deviation: 0.4), try TestSupport.Numbers.normal(count, precision, seed: 2), try TestSupport.Numbers.normal(count, precision, seed: 3))
    func moved(_ step: Double) throws -> [Double] { try made(try TestSupport.Numbers(zip(k.values, v.values).map { $0 + step * $1 }, precision)).values }
    let differences = zip(try moved(1e-6), try moved(-1e-6)).map { ($0 - $1) / 2e-6 }
    let tangent = try tangent(v, at: k)
    #expect(largestDifference(tangent.values, differences) < 1e-7)
    let (left, right) = (inner(tangent.values, g.values), inner(v.values, try pulledBack(g, at: k).values))
    #expect(abs(left - right) < 1e-12 * norm(tangent.values) * norm(g.values))
  }
}

@Suite struct UnitScalingTests {
  static let shapes = [(1, 1), (4, 4), (3, 8), (8, 3), (12, 12)]

  private func scaling(_ kind: UnitNorm, _ rows: Int, _ columns: Int, _ precision: Precision = .float64) -> ScalingCase {
    ScalingCase(MatrixScaling(kind, rows: rows, columns: columns), count: rows * columns, precision)
  }

  /// ‖W‖ ≤ 1 for every K, from 1e-30 to 1e30; near 1 for `tight`.
  @Test(arguments: UnitNorm.allCases, Precision.allCases) func theNormIsAtMostOne(_ kind: UnitNorm, _ precision: Precision) throws {
    for (rows, columns) in Self.shapes {
      for (index, size) in [1e-30, 1e-2, 1, 1e4, 1e30].enumerated() {
        let k = try TestSupport.Numbers.normal(rows * columns, precision, seed: UInt64(index + 1), deviation: size)
        let norm = spectralNorm(try scaling(kind, rows, columns, precision).made(k).rows(of: columns))
        #expect(norm <= 1 && norm.isFinite, "\(kind) \(rows) × \(columns), \(size): \(norm)")
        if kind == .tight, size >= 1 { #expect(norm > 0.9, "\(rows) × \(columns), \(size): \(norm)") }
      }
    }
  }

  /// W by its definition.
  @Test func sumsAreThoseOfTheGramMatrix() throws {
    let (rows, columns) = (3, 5)
    let k = try TestSupport.Numbers.normal(rows * columns, .float64, seed: 8)
    let a = k.rows(of: columns)
    let t = (0..<columns).map { j in a.map { $0[j] } }
    func factors(_ vectors: [[Double]]) -> [Double] {
      vectors.map { v in
        var sum = 0x1p-20
        for other in vectors { sum += abs(inner(v, other)) }
        return 1 / sum.squareRoot()
      }
    }
    let (byRows, byColumns) = (factors(a), factors(t))
    for kind in [UnitNorm.rowSums, .columnSums] {
      let found = try scaling(kind, rows, columns).made(k)
      for index in 0..<rows * columns {
        let factor = kind == .rowSums ? byRows[index / columns] : byColumns[index % columns]
        #expect(abs(found[index] - k[index] * factor) < 1e-14)
      }
    }
  }

  @Test(arguments: UnitNorm.allCases) func derivativesAreExact(_ kind: UnitNorm) throws {
    for (rows, columns) in Self.shapes { try scaling(kind, rows, columns).checkDerivatives() }
  }

  /// Rows and matrices of zeros have zeros and finite derivatives.
  @Test(arguments: UnitNorm.allCases, Precision.allCases) func zerosTrainOn(_ kind: UnitNorm, _ precision: Precision) throws {
    for weights in [[0.0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 2, 3], [0, 0, 0, 1e30, 1e30, 1], [0, 0, 0, 1e-30, 0, 0]] {
      let (example, k, g) = (scaling(kind, 2, 3, precision), try TestSupport.Numbers(weights, precision), try TestSupport.Numbers.normal(6, precision, seed: 2))
      let made = try example.made(k).values
      #expect(Array(made[0..<3]) == [0, 0, 0])
      #expect(made.allSatisfy { $0.isFinite })
      let cotangent = try example.pulledBack(g, at: k).values
      #expect(cotangent.allSatisfy { $0.isFinite }, "\(weights): \(cotangent)")
    }
  }
}
