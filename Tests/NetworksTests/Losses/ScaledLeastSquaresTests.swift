import LinearAlgebra
import Networks
import TestSupport
import Testing

@Suite struct ScaledLeastSquaresTests {
  /// The loss, its gradient and its curvature are those of least squares of the numbers times the scales.
  @Test(arguments: Precision.allCases) func isLeastSquaresInTheCallersUnits(_ precision: Precision) throws {
    let (columns, samples) = (16, 5)
    let (scores, targets) = (try Numbers.normal(2 * columns, precision, seed: 1), try Numbers.normal(2 * columns, precision, seed: 2))
    let (gradient, scales) = (try Numbers(2 * columns, precision), [3.0, 0.25])
    let scaling = try TargetScaling(
      shift: try Numbers([7, 8], .float64).view(rows: 1, columns: 2), scale: try Numbers(scales, .float64).view(rows: 1, columns: 2), outputs: 2)
    let loss = ScaledLeastSquares(scaling)
    var (labels, correct, sum) = (Array(repeating: Int32(0), count: columns), 0, 0.0)
    labels.withUnsafeMutableBufferPointer { labels in
      guard let base = labels.baseAddress else { return }
      sum = loss.evaluate(
        scores: scores.block(rows: 2, columns: columns), targets: TileTargets(labels: base, values: targets.block(rows: 2, columns: columns)), count: samples, scale: 0.5,
        gradient: gradient.block(rows: 2, columns: columns), correct: &correct)
    }
    var expected = 0.0
    for (output, scale) in scales.enumerated() {
      for sample in 0..<columns {
        let difference = sample < samples ? scores[output * columns + sample] - targets[output * columns + sample] : 0
        expected += 0.5 * scale * scale * difference * difference
        #expect(abs(gradient[output * columns + sample] - 0.5 * scale * scale * difference) < 20 * precision.epsilon)
      }
    }
    #expect(abs(sum - expected) < 100 * precision.epsilon * expected)
    let tangent = try Numbers(Array(repeating: 1, count: 2 * columns), precision)
    loss.curvature(at: scores.block(rows: 2, columns: columns), of: tangent.block(rows: 2, columns: columns), scratch: .zeros(3, columns, precision))
    #expect(tangent.values == Array(repeating: 9, count: columns) + Array(repeating: 0.0625, count: columns))
    withExtendedLifetime(scaling) {}
  }
}
