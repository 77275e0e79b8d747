import Foundation
import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct LossesTests {
    /// Cross-entropy, its gradient and the number of correct classes agree with the formula in Double; padding has zero gradients and does not count.
    @Test(arguments: Precision.allCases)
    func crossEntropyAgreesWithTheFormula(_ precision: Precision) throws {
      for level in levels {
        for (classes, columns, count) in [(10, 48, 37), (2, 16, 16), (5, 1, 1), (1, 16, 3)] {
          let (scores, gradient) = (try Numbers(classes * columns, precision, low: -5, high: 5), try Numbers(classes * columns, precision))
          let labels = (0..<Int32(columns)).map { $0 * 7 % Int32(classes) }
          var correct = 100
          let loss = withInstructionSet(level) {
            softmaxCrossEntropy(
              scores: scores.block(rows: classes, columns: columns), labels: labels, count: count, scale: 0.25, gradient: gradient.block(rows: classes, columns: columns),
              correct: &correct)
          }
          let probabilities = try Numbers(classes * columns, precision)
          withInstructionSet(level) { softmax(scores.block(rows: classes, columns: columns), into: probabilities.block(rows: classes, columns: columns)) }
          var (expected, right) = (0.0, 100)
          for s in 0..<columns {
            let column = (0..<classes).map { scores[$0 * columns + s] }
            let total = column.map { exp($0) }.reduce(0, +)
            let label = Int(labels[s])
            if s < count {
              expected += log(total) - column[label]
              if column.firstIndex(of: column.max() ?? 0) == label { right += 1 }
            }
            for c in 0..<classes {
              let p = exp(column[c]) / total
              #expect(abs(probabilities[c * columns + s] - p) < 8 * precision.epsilon)
              #expect(abs(gradient[c * columns + s] - (s < count ? 0.25 * (p - (c == label ? 1 : 0)) : 0)) < 8 * precision.epsilon)
            }
          }
          #expect(abs(loss - expected) < 20 * Double(count) * precision.epsilon && correct == right, "\(level.name) \(classes) classes")
        }
      }
    }

    /// Scores of ±1000 do not overflow: the loss of a wrong class is their difference.
    @Test(arguments: Precision.allCases)
    func largeScoresDoNotOverflow(_ precision: Precision) throws {
      let scores = try Numbers(2 * 16, precision)
      let gradient = try Numbers(2 * 16, precision)
      for s in 0..<16 { (scores[s], scores[16 + s]) = (1000, -1000) }
      var correct = 0
      let labels = [Int32](repeating: 1, count: 16)
      let loss = softmaxCrossEntropy(scores: scores.block(rows: 2, columns: 16), labels: labels, count: 16, scale: 1, gradient: gradient.block(rows: 2, columns: 16), correct: &correct)
      #expect(loss == 32_000 && correct == 0 && gradient[0] == 1 && gradient[16] == -1)

      for s in 0..<16 { scores[s] = s % 2 == 0 ? 1000 : -1000 }
      let binary = (0..<16).map { Int32($0 / 8) }
      correct = 0
      let logisticLoss = logistic(scores: scores.block(rows: 1, columns: 16), labels: binary, count: 15, scale: 2, gradient: gradient.block(rows: 1, columns: 16), correct: &correct)
      // Of 15 samples: the first eight are zeros, four of them scored +1000; the last seven are ones, three scored −1000.
      #expect(logisticLoss == 7000 && correct == 8)
      #expect(gradient[0] == 2 && gradient[1] == 0 && gradient[8] == 0 && gradient[9] == -2 && gradient[15] == 0)
    }

    @Test(arguments: Precision.allCases)
    func logisticAndLeastSquaresAgreeWithTheFormulas(_ precision: Precision) throws {
      for level in levels {
        for (columns, count) in [(16, 11), (1, 1), (48, 48)] {
          let (scores, targets) = (try Numbers(3 * columns, precision, seed: 1, low: -4, high: 4), try Numbers(3 * columns, precision, seed: 2))
          let gradient = try Numbers(3 * columns, precision)
          let labels = (0..<Int32(columns)).map { $0 % 2 }
          var correct = 0
          let (first, second) = withInstructionSet(level) {
            (
              logistic(scores: scores.block(rows: 1, columns: columns), labels: labels, count: count, scale: 1, gradient: nil, correct: &correct),
              leastSquares(
                outputs: scores.block(rows: 3, columns: columns), targets: targets.block(rows: 3, columns: columns), count: count, scale: 0.5,
                gradient: gradient.block(rows: 3, columns: columns))
            )
          }
          var (logisticLoss, squares) = (0.0, 0.0)
          for s in 0..<count { logisticLoss += log(1 + exp(labels[s] == 1 ? -scores[s] : scores[s])) }
          for i in 0..<3 {
            for s in 0..<columns {
              let difference = s < count ? scores[i * columns + s] - targets[i * columns + s] : 0
              squares += 0.5 * difference * difference
              #expect(abs(gradient[i * columns + s] - 0.5 * difference) <= 4 * precision.epsilon)
            }
          }
          #expect(abs(first - logisticLoss) < 1e-12 && abs(second - squares) < 40 * Double(columns) * precision.epsilon)
        }
      }
    }

    /// Σ w (log Σ exp s − Σ_c q_c s_c), q = (1 − ε) onehot + ε/C, with gradient w·scale·(p − q); and the same for one score and for squares, agree with the formulas in Double.
    @Test(arguments: Precision.allCases)
    func weightsAndSmoothingAgreeWithTheFormulas(_ precision: Precision) throws {
      for level in levels {
        for (columns, count) in [(32, 21), (1, 1)] {
          let (scores, gradient) = (try Numbers(4 * columns, precision, low: -5, high: 5), try Numbers(4 * columns, precision))
          let weights = try Numbers(columns, .float64, seed: 9, low: 0, high: 3)
          let labels = (0..<Int32(columns)).map { $0 * 7 % 4 }
          let binary = labels.map { $0 % 2 }
          let targets = try Numbers(4 * columns, precision, seed: 4)
          func block(_ numbers: Numbers, _ rows: Int) -> Block { numbers.block(rows: rows, columns: columns) }
          for smoothing in [0, 0.1, 0.7] {
            var correct = 0
            let loss = withInstructionSet(level) {
              softmaxCrossEntropy(
                scores: block(scores, 4), labels: labels, count: count, weights: weights.vector, smoothing: smoothing, scale: 0.25, gradient: block(gradient, 4),
                correct: &correct)
            }
            var expected = 0.0
            for s in 0..<columns {
              let column = (0..<4).map { scores[$0 * columns + s] }
              let total = column.map { exp($0) }.reduce(0, +)
              for c in 0..<4 {
                let q = (c == labels[s] ? 1 - smoothing : 0) + smoothing / 4
                if s < count { expected += weights[s] * q * (log(total) - column[c]) }
                let slope = s < count ? 0.25 * weights[s] * (exp(column[c]) / total - q) : 0
                #expect(abs(gradient[c * columns + s] - slope) < 24 * precision.epsilon)
              }
            }
            #expect(abs(loss - expected) < 80 * Double(count) * precision.epsilon, "softmax \(level.name) \(smoothing)")

            let one = withInstructionSet(level) {
              logistic(
                scores: block(scores, 1), labels: binary, count: count, weights: weights.vector, smoothing: smoothing, scale: 2, gradient: block(gradient, 1),
                correct: &correct)
            }
            expected = 0
            for s in 0..<count {
              let q = (1 - smoothing) * Double(binary[s]) + smoothing / 2
              expected += weights[s] * (q * log(1 + exp(-scores[s])) + (1 - q) * log(1 + exp(scores[s])))
              #expect(abs(gradient[s] - 2 * weights[s] * (1 / (1 + exp(-scores[s])) - q)) < 8 * precision.epsilon)
            }
            #expect(abs(one - expected) < 1e-12 && (count == columns || gradient[count] == 0))
          }
          let squares = withInstructionSet(level) {
            leastSquares(outputs: block(scores, 4), targets: block(targets, 4), count: count, weights: weights.vector, scale: 0.5, gradient: block(gradient, 4))
          }
          var expected = 0.0
          for i in 0..<4 {
            for s in 0..<columns {
              let difference = s < count ? scores[i * columns + s] - targets[i * columns + s] : 0
              expected += 0.5 * weights[s] * difference * difference
              #expect(abs(gradient[i * columns + s] - 0.5 * weights[s] * difference) <= 16 * precision.epsilon)
            }
          }
          #expect(abs(squares - expected) < 100 * Double(columns) * precision.epsilon)
        }
      }
    }

    /// Invalid input stays visible: a NaN score, or a label outside the classes, gives NaN.
    @Test func nonsenseMakesTheLossNaN() throws {
      let scores = try Numbers(3 * 16, .float32)
      var correct = 0
      #expect(softmaxCrossEntropy(scores: scores.block(rows: 3, columns: 16), labels: [Int32](repeating: 3, count: 16), count: 16, scale: 1, gradient: nil, correct: &correct).isNaN)
      scores[5] = .nan
      #expect(softmaxCrossEntropy(scores: scores.block(rows: 3, columns: 16), labels: [Int32](repeating: 2, count: 16), count: 16, scale: 1, gradient: nil, correct: &correct).isNaN)
      #expect(logistic(scores: scores.block(rows: 1, columns: 16), labels: [Int32](repeating: 1, count: 16), count: 16, scale: 1, gradient: nil, correct: &correct).isNaN)
    }
  }
}
