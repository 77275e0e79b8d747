import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct LogOddsTests {
  private func odds(_ scores: [[Double]], _ label: Int) throws -> [Double] {
    let (samples, classes) = (scores.count, scores[0].count)
    let block = try SampleNumbers(classes * 16, .float64)
    for (sample, row) in scores.enumerated() { for (label, score) in row.enumerated() { block[label * 16 + sample] = score } }
    let out = try SampleNumbers(samples, .float64)
    try LogOdds(block.block(rows: classes, columns: 16), count: samples).fill(label, into: out.vector)
    return out.values
  }

  /// log p/(1 − p) from its definition, where no probability saturates.
  @Test(arguments: [3, 4, 9]) func areThoseOfTheProbabilities(_ classes: Int) throws {
    let numbers = try SampleNumbers.normal(classes * 12, .float64, seed: 8).values
    let scores = stride(from: 0, to: numbers.count, by: classes).map { Array(numbers[$0..<$0 + classes]) }
    for label in 0..<classes {
      let expected = scores.map { row in
        let sum = row.map { exp($0) }.reduce(0, +)
        let p = exp(row[label]) / sum
        return log(p / (1 - p))
      }
      // The cancellation in 1 − p costs the formula a few units of rounding.
      #expect(largestDifference(try odds(scores, label), expected) < 1e-13)
    }
  }

  /// Probabilities that round to 1, and probabilities below 1e-300, stay distinct and in order.
  @Test func doNotSaturate() throws {
    #expect(try odds([[0, 50], [0, 60], [0, 70], [0, 800], [900, 0]], 1) == [50, 60, 70, 800, -900])
    let three = try odds([[0, 50, 0], [0, 60, 0], [0, 800, 0], [900, 0, 0], [950, 0, 0]], 1)
    #expect(largestDifference(three, [50, 60, 800, -900, -950].enumerated().map { $0 < 3 ? $1 - log(2) : $1 }) < 1e-12)
    // All scores are equal, so each p is 1/3.
    for label in 0..<3 { #expect(abs(try odds([[5, 5, 5]], label)[0] + log(2)) < 1e-15) }
  }
}
