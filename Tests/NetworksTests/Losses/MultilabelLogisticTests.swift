import Foundation
import LinearAlgebra
import Networks
import TestSupport
import Testing

@Suite struct MultilabelLogisticTests {
  /// Each output has the loss that `logistic` gives it by itself; a target between 0 and 1 is the mean of both.
  @Test(arguments: Precision.allCases) func isLogisticForEachOutput(_ precision: Precision) throws {
    let scores = [[0.5, -2], [3, 0.25]]
    let both = try LossCase("multilabel_logistic", precision, scores: scores, values: [[1, 0], [0, 0.25]])
    func one(_ score: Double, _ label: Int32) throws -> LossCase { try LossCase("logistic", precision, scores: [[score]], labels: [label]) }
    let expected = try one(0.5, 1).loss + one(-2, 0).loss + one(3, 0).loss + 0.25 * one(0.25, 1).loss + 0.75 * one(0.25, 0).loss
    #expect(abs(both.loss - expected) < 10 * precision.epsilon)
    #expect(abs(both.gradient[1][1] - (1 / (1 + exp(-0.25)) - 0.25)) < 4 * precision.epsilon)
    #expect(both.correct == 0)
  }

  /// No overflow at |s| = 1e3 (Theory.md §5.1).
  @Test(arguments: Precision.allCases) func doesNotOverflowAtAThousand(_ precision: Precision) throws {
    let result = try LossCase("multilabel_logistic", precision, scores: [[1e3, 1e3, -1e3, -1e3]], values: [[1, 0, 1, 0]])
    #expect(result.loss == 2000 && result.gradient == [[0, 1, -1, 0]])
  }
}
