import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct RidgeValidationTests {
  /// Rows of normal numbers, each with mean 0.
  private func centered(_ rows: Int, _ samples: Int, seed: UInt64) throws -> SampleNumbers {
    let numbers = try SampleNumbers.normal(rows * samples, .float64, seed: seed)
    let matrix = numbers.matrix(rows: rows, columns: samples)
    for row in matrix.rowsOfNumbers.enumerated() {
      let mean = row.element.reduce(0, +) / Double(samples)
      let vector = Vector(matrix.base + 8 * row.offset * samples, count: samples, precision: .float64)
      for sample in 0..<samples { vector.store(row.element[sample] - mean, at: sample) }
    }
    return numbers
  }

  /// The definition, with H = F(FᵀF + λI)⁻¹Fᵀ by a solve for every sample, whatever the shape.
  private func plain(_ features: [[Double]], _ targets: [[Double]]) throws -> Double {
    let (n, p) = (features[0].count, features.count)
    let variance = targets.joined().reduce(0) { $0 + $1 * $1 } / Double(n)
    var best = 0.0
    for strength in [0.03, 0.3, 3] {
      var system = SymmetricBand(order: p, width: p)
      for i in 0..<p {
        for j in 0...i { system[i, j] = zip(features[i], features[j]).reduce(0) { $0 + $1.0 * $1.1 } / Double(n) + (i == j ? strength : 0) }
      }
      var right = features.flatMap { $0 }
      try system.solve(&right, columns: n)
      var (trace, residual) = (0.0, 0.0)
      for s in 0..<n { trace += (0..<p).reduce(0) { $0 + features[$1][s] * right[$1 * n + s] } / Double(n) }
      for target in targets {
        let weights = (0..<p).map { i in (0..<n).reduce(0) { $0 + right[i * n + $1] * target[$1] } / Double(n) }
        for s in 0..<n {
          let miss = target[s] - (0..<p).reduce(0) { $0 + weights[$1] * features[$1][s] }
          residual += miss * miss / Double(n)
        }
      }
      let left = 1 - (trace + 1) / Double(n)
      guard left > 0.1 else { continue }
      let mean = 1 - 1 / Double(n)
      best = max(best, 1 - residual / (left * left) / variance * mean * mean)
    }
    return best
  }

  /// Fewer features than samples, as many, and more; one feature, one target and several.
  @Test(arguments: [(1, 20, 1), (4, 30, 2), (16, 16, 1), (40, 15, 3)]) func isGeneralizedCrossValidation(_ features: Int, _ samples: Int, _ targets: Int) throws {
    let (x, noise) = (try centered(features, samples, seed: 4), try centered(targets, samples, seed: 5))
    let y = noise.matrix(rows: targets, columns: samples)
    let rows = x.matrix(rows: features, columns: samples).rowsOfNumbers
    for target in 0..<targets {
      let vector = Vector(y.base + 8 * target * samples, count: samples, precision: .float64)
      for sample in 0..<samples { vector.store(2 * rows[target % features][sample] + vector.load(sample), at: sample) }
    }
    let found = try ridgeValidation(x.matrix(rows: features, columns: samples), targets: y)
    let wanted = try plain(rows, y.rowsOfNumbers)
    #expect(abs(found - wanted) < 1e-10)
    #expect(found > 0 && found < 1)
  }

  @Test func noiseIsNotExplained() throws {
    let (x, y) = (try centered(8, 400, seed: 1), try centered(1, 400, seed: 2))
    #expect(try ridgeValidation(x.matrix(rows: 8, columns: 400), targets: y.matrix(rows: 1, columns: 400)) < 0.05)
    #expect(try ridgeValidation(x.matrix(rows: 8, columns: 400), targets: x.matrix(rows: 1, columns: 400)) > 0.99)
  }

  /// Constant targets have no variance, and huge ones none that Double holds.
  @Test func whatHasNoVarianceIsNotExplained() throws {
    let (x, y) = (try centered(3, 20, seed: 1), try centered(1, 20, seed: 2))
    let target = Vector(y.matrix(rows: 1, columns: 20).base, count: 20, precision: .float64)
    for number in [0, 1e200] {
      fill(target, number)
      #expect(try ridgeValidation(x.matrix(rows: 3, columns: 20), targets: y.matrix(rows: 1, columns: 20)) == 0)
    }
  }
}
