import Foundation
import LinearAlgebra
import Testing

@Suite struct OutputTermsTests {
  static let parameters: [OutputTerm: [Double]] = [.halfSquare: [0], .huber: [0.7], .pinball: [0.2, 0.9], .poisson: [1], .logistic: [0]]

  /// φ as it is written in the literature, without regard to overflow.
  static func plain(_ term: OutputTerm, _ s: Double, _ t: Double, _ p: Double) -> Double {
    switch term {
    case .halfSquare: (s - t) * (s - t) / 2
    case .huber: abs(s - t) <= p ? (s - t) * (s - t) / 2 : p * abs(s - t) - p * p / 2
    case .pinball: max(p * (t - s), (p - 1) * (t - s))
    case .poisson: exp(s) - t * s + (t > 0 ? t * log(t) : 0) - t
    case .logistic: -t * log(1 / (1 + exp(-s))) - (1 - t) * log(1 / (1 + exp(s)))
    }
  }

  static func targets(_ term: OutputTerm, _ number: Double) -> Double {
    switch term {
    case .poisson: max(number, 0)
    case .logistic: min(max(number, 0), 1)
    default: number
    }
  }

  /// Values with weights of outputs and samples agree with the formula; gradients with its central differences; padding has none.
  @Test(arguments: Array(parameters.keys), Precision.allCases) func areTheFormulas(_ term: OutputTerm, _ precision: Precision) throws {
    let parameters = try #require(Self.parameters[term])
    let terms = OutputTerms(term, parameters: parameters, weights: [1, 0, 2.5, 0.5])
    let (rows, columns, count) = (4, 16, 11)
    let (scores, targets) = (try Numbers(rows * columns, precision, low: -2, high: 2), try Numbers(rows / parameters.count * columns, precision, seed: 2, low: -1.5, high: 2))
    for index in 0..<targets.count { targets[index] = Self.targets(term, targets[index]) }
    let (weights, gradient) = (try Numbers(columns, .float64, seed: 3, low: 0, high: 3), try Numbers(rows * columns, precision))
    weights[3] = 0
    let (s, t) = (scores.block(rows: rows, columns: columns), targets.block(rows: rows / parameters.count, columns: columns))
    let sum = terms.sum(scores: s, targets: t, count: count, sampleWeights: weights.vector, scale: 0.25, gradient: gradient.block(rows: rows, columns: columns))
    #expect(terms.sum(scores: s, targets: t, count: count, sampleWeights: weights.vector, scale: 0, gradient: nil) == sum)
    var expected = 0.0
    for row in 0..<rows {
      for column in 0..<columns {
        let (score, target) = (scores[row * columns + column], targets[row / parameters.count * columns + column])
        let (weight, p) = (terms.weights[row] * weights[column], parameters[row % parameters.count])
        let slope = (Self.plain(term, score + 1e-6, target, p) - Self.plain(term, score - 1e-6, target, p)) / 2e-6
        #expect(abs(gradient[row * columns + column] - (column < count ? 0.25 * weight * slope : 0)) < 1e-6, "\(term) row \(row) column \(column)")
        if column < count { expected += weight * Self.plain(term, score, target, p) }
      }
    }
    #expect(abs(sum - expected) < 1e-12 * expected)
  }

  /// No score of a size that occurs gives a result that is not finite where the exact one is finite; −log σ(−1000) is 1000, and large counts that are met cost nothing.
  @Test(arguments: Precision.allCases) func hugeScoresAreExact(_ precision: Precision) throws {
    func one(_ term: OutputTerm, _ s: Double, _ t: Double, _ p: Double = 1) throws -> (Double, Double) {
      let (score, target, gradient) = (try Numbers(1, precision), try Numbers(1, precision), try Numbers(1, precision))
      (score[0], target[0]) = (s, t)
      func block(_ numbers: Numbers) -> Block { numbers.block(rows: 1, columns: 1) }
      let value = OutputTerms(term, parameters: [p]).sum(scores: block(score), targets: block(target), count: 1, scale: 1, gradient: block(gradient))
      return (value, gradient[0])
    }
    #expect(try one(.logistic, 1000, 0) == (1000, 1) && one(.logistic, 1000, 1) == (0, 0) && one(.logistic, -1000, 1) == (1000, -1))
    #expect(try one(.logistic, 1e30, 1) == (0, 0) && one(.logistic, -1e30, 0) == (0, 0))
    #expect(try one(.huber, 1e30, 0, 0.5) == (0.5 * Double(Float(1e30)), 0.5) || precision == .float64 && one(.huber, 1e30, 0, 0.5) == (5e29, 0.5))
    #expect(try one(.pinball, -1e30, 0, 0.25).1 == -0.25 && one(.pinball, 2, 2, 0.25) == (0, 0))
    #expect(try one(.poisson, -1000, 0) == (0, 0) && one(.poisson, -1000, 3).1 == -3)
    #expect(try one(.poisson, 0, 5e-324) == (1, 1) && one(.poisson, 710, 1e-3).0.isInfinite, "a target may be as small as numbers are")
    let met = try one(.poisson, log(1e6), 1e6)
    #expect(met.0 >= 0 && met.0 < 1e6 * precision.epsilon && abs(met.1) < 20e6 * precision.epsilon)
    #expect(try one(.poisson, 800, 1).0 == .infinity && one(.poisson, 0, -1).0.isNaN && one(.logistic, 0, 1.5).0.isNaN && one(.logistic, 0, -0.5).0.isNaN)
  }

  /// w φ'' by central differences of the gradients; for huber the bound 1.
  @Test(arguments: Array(parameters.keys), Precision.allCases) func curvatureIsTheSecondDerivative(_ term: OutputTerm, _ precision: Precision) throws {
    let terms = OutputTerms(term, parameters: try #require(Self.parameters[term]), weights: [1, 0, 2.5, 0.5])
    let (scores, tangent) = (try Numbers(64, precision, low: -2, high: 2), try Numbers(64, precision, seed: 2))
    let before = tangent.values
    terms.applyCurvature(at: scores.block(rows: 4, columns: 16), to: tangent.block(rows: 4, columns: 16))
    for index in 0..<64 {
      let s = scores[index]
      let second: Double =
        switch term {
        case .halfSquare, .huber: 1
        case .pinball: 0
        default: (Self.plain(term, s + 1e-4, 0.5, 0) - 2 * Self.plain(term, s, 0.5, 0) + Self.plain(term, s - 1e-4, 0.5, 0)) / 1e-8
        }
      #expect(abs(tangent[index] - terms.weights[index / 16] * second * before[index]) < 2e-6 * max(1, exp(s)), "\(term) \(index)")
    }
  }

  /// A sample or an output of weight 0 adds nothing, even where its own loss is infinite.
  @Test func weightZeroLeavesOut() throws {
    let (scores, targets, weights) = (try Numbers([800.0, 0, 800, 800], .float64), try Numbers([1.0, 1, 1, 1], .float64), try Numbers([0.0, 1], .float64))
    func block(_ numbers: Numbers) -> Block { Block(numbers.vector.base, rows: 2, columns: 2, precision: .float64) }
    let sum = OutputTerms(.poisson, weights: [1, 0]).sum(scores: block(scores), targets: block(targets), count: 2, sampleWeights: weights.vector, scale: 1, gradient: nil)
    #expect(sum == 0)
  }
}
