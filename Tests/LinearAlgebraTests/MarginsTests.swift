import Glibc
import LinearAlgebra
import TestSupport
import Testing

@Suite struct MarginsTests {
  static let classes = 3
  private let labels: [Int32] = [0, 2, 1, 1, 0]

  private func table(_ numbers: TestSupport.Numbers) -> Matrix { numbers.matrix(rows: Self.classes, columns: Self.classes) }

  private func margins() throws -> TestSupport.Numbers { try TestSupport.Numbers([0, 0.4, 1.2, 0.4, 0, 0.9, 1.2, 0.9, 0], .float64) }

  /// Scores of five samples of three classes, columns after them being padding.
  private func scores(_ precision: Precision) throws -> TestSupport.Numbers { try TestSupport.Numbers.normal(3 * 16, precision, seed: 5) }

  private func run(_ scores: TestSupport.Numbers, _ margins: TestSupport.Numbers, isAdaptive: Bool, weights: [Double]? = nil, smoothing: Double = 0)
    throws -> (loss: Double, correct: Int, gradient: TestSupport.Numbers, cotangents: TestSupport.Numbers)
  {
    let (gradient, cotangents) = (try TestSupport.Numbers(scores.count, scores.vector.precision), try TestSupport.Numbers(9, .float64))
    let weights = try weights.map { try TestSupport.Numbers($0, .float64) }
    var correct = 0
    let loss = labels.withUnsafeBufferPointer { labels in
      labels.baseAddress.map {
        marginCrossEntropy(
          scores: scores.block(rows: 3, columns: 16), labels: $0, count: 5, weights: weights?.vector, smoothing: smoothing,
          margins: Margins(table(margins), cotangents: table(cotangents)), isAdaptive: isAdaptive, scale: 0.5, gradient: gradient.block(rows: 3, columns: 16), correct: &correct)
      }
    }
    return (loss ?? .nan, correct, gradient, cotangents)
  }

  /// The loss, its gradient and the cotangents of the margins, from the definition.
  @Test(arguments: [false, true], Precision.allCases) func isTheCrossEntropyOfScoresWithMargins(_ isAdaptive: Bool, _ precision: Precision) throws {
    let (s, m) = (try scores(precision), try margins())
    let (weights, smoothing) = ([1, 0.5, 2, 0, 1.5], 0.1)
    let found = try run(s, m, isAdaptive: isAdaptive, weights: weights, smoothing: smoothing)
    var (loss, correct, cotangents) = (0.0, 0, Array(repeating: 0.0, count: 9))
    for sample in 0..<5 {
      let (y, own) = (Int(labels[sample]), (0..<3).map { s[$0 * 16 + sample] })
      let shares = (0..<3).map { i in isAdaptive && i != y ? min(max((own[y] - own[i]) / m[3 * y + i], 0.01), 1) : 1 }
      let z = (0..<3).map { own[$0] - own[y] + shares[$0] * m[3 * y + $0] }
      let sum = z.reduce(0) { $0 + exp($1) }
      let target = (0..<3).map { smoothing / 3 + ($0 == y ? 1 - smoothing : 0) }
      loss += weights[sample] * (log(sum) - inner(target, z))
      if own.max() == own[y] { correct += 1 }
      for i in 0..<3 {
        let slope = 0.5 * weights[sample] * (exp(z[i]) / sum - target[i])
        #expect(abs(found.gradient[i * 16 + sample] - slope) < 4 * precision.epsilon)
        if i != y { cotangents[3 * y + i] += shares[i] * slope }
      }
    }
    #expect(abs(found.loss - loss) < 1e-12 && found.correct == correct)
    #expect(largestDifference(found.cotangents.values, cotangents) < 1e-14)
    for i in 0..<3 { for column in 5..<16 { #expect(found.gradient[i * 16 + column] == 0) } }
  }

  /// Without margins both are the softmax cross-entropy.
  @Test(arguments: [false, true]) func withoutMarginsIsSoftmax(_ isAdaptive: Bool) throws {
    let (s, zeros, gradient) = (try scores(.float64), try TestSupport.Numbers(9, .float64), try TestSupport.Numbers(48, .float64))
    var correct = 0
    let plain = labels.withUnsafeBufferPointer { labels in
      labels.baseAddress.map {
        softmaxCrossEntropy(scores: s.block(rows: 3, columns: 16), labels: $0, count: 5, scale: 0.5, gradient: gradient.block(rows: 3, columns: 16), correct: &correct)
      }
    }
    let found = try run(s, zeros, isAdaptive: isAdaptive)
    #expect(abs(found.loss - (plain ?? .nan)) < 1e-12 && found.correct == correct && largestDifference(found.gradient.values, gradient.values) < 1e-12)
  }

  @Test func whatIsNotFiniteIsNotHidden() throws {
    let s = try scores(.float64)
    s[17] = .nan
    let margins = try margins()
    #expect(try run(s, margins, isAdaptive: true).loss.isNaN)
  }

  /// Distances of rows, of numbers of any size, and their transposed derivative against differences.
  @Test func rowDistancesAndTheirTranspose() throws {
    let (w, found, g) = (try TestSupport.Numbers.normal(12, .float64, seed: 3), try TestSupport.Numbers(9, .float64), try TestSupport.Numbers.normal(9, .float64, seed: 4))
    let weights = w.matrix(rows: 3, columns: 4)
    func value() -> Double {
      rowDistances(weights, times: 2, into: table(found))
      return inner(found.values, g.values)
    }
    let rows = w.rows(of: 4)
    _ = value()
    for y in 0..<3 { for i in 0..<3 { #expect(abs(found[3 * y + i] - 2 * norm(zip(rows[y], rows[i]).map { $0 - $1 })) < 1e-14) } }
    let gradient = try TestSupport.Numbers(12, .float64)
    pullBackRowDistances(weights, cotangents: table(g), times: 2, addingTo: gradient.matrix(rows: 3, columns: 4))
    for index in 0..<12 {
      let before = w[index]
      w[index] = before + 1e-6
      let above = value()
      w[index] = before - 1e-6
      let below = value()
      w[index] = before
      #expect(abs((above - below) / 2e-6 - gradient[index]) < 1e-8)
    }
    let large = try TestSupport.Numbers([1e200, 0, -1e200, 0], .float64)
    rowDistances(large.matrix(rows: 2, columns: 2), times: 1, into: found.matrix(rows: 2, columns: 2))
    #expect(abs(found[1] / 2e200 - 1) < 1e-15)
    rowDistances(nil, times: 3, into: table(found))
    #expect(found[1] == 3 * 2.0.squareRoot() && found[4] == 0)
  }
}
