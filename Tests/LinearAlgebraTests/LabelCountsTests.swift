import LinearAlgebra
import Testing

struct LabelCountsTests {
  private func counts(_ scores: [Double], _ targets: [Double], weights: [Double]? = nil) throws -> LabelCounts {
    let (scores, targets, weights) = (try Numbers(scores, .float64), try Numbers(targets, .float64), try weights.map { try Numbers($0, .float64) })
    return withExtendedLifetime((scores, targets, weights)) { LabelCounts(scores.vector, targets.vector, weights: weights?.vector) }
  }

  /// Scores of 0 predict no label, and a target of one half is none.
  @Test func countsEachOutcome() throws {
    let found = try counts([1, -1, 2, 0, 3, -4], [1, 1, 0, 1, 0.5, 0])
    #expect(found == LabelCounts(truePositive: 1, falsePositive: 2, falseNegative: 2))
    #expect(found.present == 3 && found.precision == 1.0 / 3 && found.recall == 1.0 / 3 && found.f1 == 1.0 / 3)
    #expect(try counts([1, -1], [1, 1], weights: [3, 0.5]) == LabelCounts(truePositive: 3, falsePositive: 0, falseNegative: 0.5))
    #expect(found + found == LabelCounts(truePositive: 2, falsePositive: 4, falseNegative: 4))
  }

  @Test func absentLabelsHaveNoFigures() throws {
    let found = try counts([-1, -2], [0, 0])
    #expect(found.precision.isNaN && found.recall.isNaN && found.f1.isNaN && found.present == 0)
  }

  /// Of three samples with two labels the first has both right, the second one, the third none.
  @Test func exactSamplesNeedAllLabels() throws {
    let (scores, targets) = (try Numbers(32, .float64), try Numbers(32, .float64))
    for (sample, (s, t)) in [([1.0, -1], [1.0, 0]), ([1, 1], [1, 0]), ([-1, 1], [1, 0])].enumerated() {
      for row in 0..<2 { (scores[row * 16 + sample], targets[row * 16 + sample]) = (s[row], t[row]) }
    }
    let weights = try Numbers([5.0, 7, 9], .float64)
    let (s, t) = (scores.block(rows: 2, columns: 16), targets.block(rows: 2, columns: 16))
    #expect(try weightOfExactLabels(s, t, count: 3) == 1 && weightOfExactLabels(s, t, count: 3, weights: weights.vector) == 5)
  }
}
