import Foundation
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

/// One tile of scores evaluated by a loss.
struct LossCase {
  let loss: Double
  let gradient: [[Double]]
  let correct: Int

  /// - Parameters: scores: one row per sample; targets: labels, or one row of values per sample.
  init(_ name: String, _ precision: Precision, scores: [[Double]], labels: [Int32] = [], values: [[Double]] = [], scale: Double = 1) throws {
    try self.init(try losses.standard(name), precision, scores: scores, labels: labels, values: values, scale: scale)
  }

  init(_ made: any Loss, _ precision: Precision, scores: [[Double]], labels: [Int32] = [], values: [[Double]] = [], scale: Double = 1) throws {
    let (outputs, count) = (scores[0].count, scores.count)
    let columns = Block.columns(forSamples: count)
    func tile(_ rows: [[Double]], padding: Double) throws -> Numbers {
      let tile = try Numbers(Array(repeating: padding, count: outputs * columns), precision)
      for (sample, row) in rows.enumerated() { for (output, value) in row.enumerated() { tile[output * columns + sample] = value } }
      return tile
    }
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: outputs, columns: columns) }
    // Padding may hold any finite numbers, and the gradient's memory any bits.
    let (s, t, g) = (try tile(scores, padding: 3), try tile(values, padding: -2), try tile([], padding: 77))
    var (labels, correct) = (labels + Array(repeating: 0, count: columns), 0)
    loss = try labels.withUnsafeMutableBufferPointer { labels in
      made.evaluate(
        scores: block(s), targets: TileTargets(labels: try #require(labels.baseAddress), values: block(t)), count: count, scale: scale, gradient: block(g),
        correct: &correct)
    }
    self.correct = correct
    gradient = (0..<count).map { g.column($0, of: columns) }
    for sample in count..<columns where g.column(sample, of: columns).contains(where: { $0 != 0 }) { Issue.record("padding column \(sample) has a gradient") }
  }
}

@Suite struct SoftmaxCrossEntropyTests {
  @Test(arguments: Precision.allCases) func isTheFormula(_ precision: Precision) throws {
    let scores = try Numbers.normal(5 * 7, precision, seed: 3, deviation: 2).rows(of: 5)
    let labels = (0..<7).map { Int32($0 * 3 % 5) }
    let result = try LossCase("softmax_cross_entropy", precision, scores: scores, labels: labels, scale: 0.5)
    var loss = 0.0
    for (sample, row) in scores.enumerated() {
      let total = row.map { exp($0) }.reduce(0, +)
      let label = Int(labels[sample])
      loss -= log(exp(row[label]) / total)
      let expected = row.enumerated().map { 0.5 * (exp($1) / total - ($0 == label ? 1 : 0)) }
      #expect(largestDifference(result.gradient[sample], expected) < 20 * precision.epsilon)
    }
    #expect(abs(result.loss - loss) < 50 * precision.epsilon * loss)
    #expect(result.correct == zip(scores, labels).filter { $0.0.firstIndex(of: $0.0.max() ?? 0) == Int($0.1) }.count)
  }

  /// Log-sum-exp (Theory.md §5.1). −log softmax of the label 2000 below the largest score is 2000, not infinity.
  @Test(arguments: Precision.allCases) func doesNotOverflowAtAThousand(_ precision: Precision) throws {
    let result = try LossCase("softmax_cross_entropy", precision, scores: [[1e3, -1e3, 0], [1e3, -1e3, 0]], labels: [0, 1])
    #expect(result.loss == 2000)
    #expect(result.gradient == [[0, 0, 0], [1, -1, 0]])
    #expect(result.correct == 1)
  }

  @Test func needsTwoOutputs() throws {
    #expect(refusal { try losses.standard("softmax_cross_entropy").check(outputs: 1) }?.message.contains("logistic") == true)
    try losses.standard("softmax_cross_entropy").check(outputs: 2)
  }
}
