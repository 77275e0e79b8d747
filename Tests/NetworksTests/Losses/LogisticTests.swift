import Foundation
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct LogisticTests {
  @Test(arguments: Precision.allCases) func isTheFormula(_ precision: Precision) throws {
    let scores = try Numbers.normal(9, precision, seed: 3, deviation: 2).rows(of: 1)
    let labels = (0..<9).map { Int32($0 % 2) }
    let result = try LossCase("logistic", precision, scores: scores, labels: labels, scale: 0.5)
    var loss = 0.0
    for (row, (label, gradient)) in zip(scores, zip(labels, result.gradient)) {
      let probability = 1 / (1 + exp(-row[0]))
      loss -= label == 1 ? log(probability) : log(1 - probability)
      #expect(abs(gradient[0] - 0.5 * (probability - Double(label))) < 10 * precision.epsilon)
    }
    #expect(abs(result.loss - loss) < 50 * precision.epsilon * loss)
    let expected = zip(scores, labels).filter { score, label in (score[0] > 0) == (label == 1) }
    #expect(result.correct == expected.count)
  }

  /// Theory.md §5.1: no overflow at |s| = 1e3.
  @Test(arguments: Precision.allCases) func doesNotOverflowAtAThousand(_ precision: Precision) throws {
    let result = try LossCase("logistic", precision, scores: [[1e3], [1e3], [-1e3], [-1e3]], labels: [1, 0, 1, 0])
    #expect(result.loss == 2000)
    #expect(result.gradient == [[0], [1], [-1], [0]])
    #expect(result.correct == 2)
  }

  @Test func needsOneOutput() throws {
    let failure = refusal { try losses.standard("logistic").check(outputs: 2) }
    #expect(failure?.status == .incompatible)
    #expect(failure?.message.contains("outputs is 2") == true)
  }
}
