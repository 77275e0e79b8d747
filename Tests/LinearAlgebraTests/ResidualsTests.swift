import LinearAlgebra
import Testing

struct ResidualsTests {
  /// Off by 0.5, −0.5, 0, 1 (the example of scikit-learn's r2_score): 2, 1.5 and, about the mean 2.875, 29.1875.
  @Test func sumsOverTheSamples() throws {
    let (predictions, targets) = (try Numbers(4, .float64), try Numbers(4, .float64))
    for (index, pair) in [(2.5, 3), (0, -0.5), (2, 2), (8, 7)].enumerated() { (predictions[index], targets[index]) = pair }
    let off = withExtendedLifetime((predictions, targets)) { Residuals(predictions.vector, targets.vector) }
    #expect(off.absolute == 2 && off.squared == 1.5)
    #expect(abs(off.spread - 29.1875) < 1e-12)  // four squares of order 10
  }

  /// (0.1 − 0)² + (0.9 − 1)² for one row; three rows: 0.3² + 0.2² + 0.5² and 0.2² + 0.8² + 1².
  @Test func brierSums() throws {
    let labels: [Int32] = [0, 1]
    let one = try Numbers(16, .float64)
    (one[0], one[1]) = (0.1, 0.9)
    #expect(abs(squaredProbabilityErrors(one.block(rows: 1, columns: 16), labels: labels, count: 2) - 0.02) < 1e-15)
    let three = try Numbers(48, .float64)
    for (sample, column) in [[0.7, 0.2, 0.5], [0.2, 0.2, 1]].enumerated() {
      for (row, p) in column.enumerated() { three[row * 16 + sample] = p }
    }
    #expect(abs(squaredProbabilityErrors(three.block(rows: 3, columns: 16), labels: labels, count: 2) - (0.38 + 1.68)) < 1e-15)
  }
}
