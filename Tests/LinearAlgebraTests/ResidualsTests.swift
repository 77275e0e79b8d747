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

  /// Weights count as repeated samples do. The errors −½, ½, 0, 1 have the mean ¼ and 1.25 about it.
  @Test func weightsAreRepetitions() throws {
    let (predictions, targets) = (try Numbers([2.5, 0, 2, 8], .float64), try Numbers([3, -0.5, 2, 7], .float64))
    let plain = Residuals(predictions.vector, targets.vector)
    #expect(plain.weight == 4 && plain.errorSpread == 1.25)
    let weights = try Numbers([1, 0, 1, 2], .float64)
    let (p, t) = (try Numbers([2.5, 2, 8, 8], .float64), try Numbers([3, 2.0, 7, 7], .float64))
    #expect(Residuals(predictions.vector, targets.vector, weights: weights.vector) == Residuals(p.vector, t.vector))
  }

  /// The middle error; of an even number the mean of the middle two; with weights the number that has half of the weight on either side.
  @Test(arguments: [
    ([3.0, 1, 2], nil, 2.0), ([4, 1, 2, 3], nil, 2.5), ([4, 1, 2, 3], [0, 1, 1, 1], 2), ([4, 1, 2, 3], [1, 3, 1, 1], 1.5), ([4, 1, 2, 3], [5, 1, 1, 1], 4), ([7], nil, 7),
    ([1, 1, 9, 9], [1, 1, 0, 0.1], 1),
  ] as [([Double], [Double]?, Double)])
  func medians(_ errors: [Double], _ weights: [Double]?, _ expected: Double) throws {
    let (targets, predictions) = (try Numbers(errors.map { _ in 1 }, .float64), try Numbers(errors.enumerated().map { 1 + ($0.offset % 2 == 0 ? 1 : -1) * $0.element }, .float64))
    let (room, order, weights) = (try Numbers(errors.count, .float64), try Buffer(count: errors.count, precision: .float64), try weights.map { try Numbers($0, .float64) })
    let found = try withExtendedLifetime(order) {
      try medianAbsoluteError(predictions.vector, targets.vector, weights: weights?.vector, errors: room.vector, order: order.rowNumbers(count: errors.count))
    }
    #expect(found == expected)
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
