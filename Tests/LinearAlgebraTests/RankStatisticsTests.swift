import LinearAlgebra
import Testing

struct RankStatisticsTests {
  private func area(_ scores: [Double], _ labels: [Int32], positive: Int32 = 1, weights: [Double]? = nil) throws -> Double? {
    let (numbers, weights) = (try Numbers(scores, .float64), try weights.map { try Numbers($0, .float64) })
    let order = try Buffer(count: scores.count, precision: .float64)
    return try withExtendedLifetime((numbers, order)) {
      try areaUnderCurve(numbers.vector, weights: weights?.vector, order: order.rowNumbers(count: scores.count)) { labels[$0] == positive }
    }
  }

  private func precision(_ scores: [Double], _ labels: [Int32], weights: [Double]? = nil) throws -> Double? {
    let (numbers, weights) = (try Numbers(scores, .float64), try weights.map { try Numbers($0, .float64) })
    let order = try Buffer(count: scores.count, precision: .float64)
    return try withExtendedLifetime((numbers, order)) {
      try averagePrecision(numbers.vector, weights: weights?.vector, order: order.rowNumbers(count: scores.count)) { labels[$0] == 1 }
    }
  }

  /// The example of scikit-learn's average_precision_score: the positives at ranks 1 and 3 have precisions 1 and 2/3. Equal scores enter together.
  @Test func averagePrecisionOfSmallCases() throws {
    #expect(abs(try #require(try precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])) - 5.0 / 6) < 1e-15)
    #expect(try precision([1, 1, 1, 1], [1, 0, 0, 0]) == 0.25)
    #expect(try precision([1, 2], [0, 0]) == nil && precision([.nan, 2], [0, 1]) == nil)
    #expect(try precision([3, 2, 1], [1, 1, 1]) == 1)
  }

  /// Integer weights count as repeated samples do.
  @Test func weightsAreRepetitions() throws {
    let (scores, labels): ([Double], [Int32]) = ([0.5, 0.5, 0.7, 0.1, 0.7], [1, 0, 1, 0, 0])
    let times = [2, 3, 1, 0, 2]
    let repeated = times.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    let weights = times.map(Double.init)
    #expect(try area(scores, labels, weights: weights) == area(repeated.map { scores[$0] }, repeated.map { labels[$0] }))
    let (a, b) = (try #require(try precision(scores, labels, weights: weights)), try #require(try precision(repeated.map { scores[$0] }, repeated.map { labels[$0] })))
    #expect(abs(a - b) < 1e-15)
    #expect(try area([1, 2], [0, 1], weights: [0, 1]) == nil)
  }

  /// Of the four pairs of a positive and a negative, 0.35 > 0.1, 0.8 > 0.1 and 0.8 > 0.4 are in order: 3/4 (the example of scikit-learn's roc_auc_score).
  @Test func countsThePairsInOrder() throws {
    #expect(try area([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75)
    #expect(try area([3, 2, 1], [0, 1, 2], positive: 0) == 1)
    #expect(try area([3, 2, 1], [0, 1, 2], positive: 2) == 0)
  }

  /// Pairs: (0.5, 0.5) one half, (0.5, 0.1) one, (0.7, 0.5) one, (0.7, 0.1) one: 3.5 of 4. All equal: one half.
  @Test func equalsCountOneHalf() throws {
    #expect(try area([0.5, 0.5, 0.7, 0.1], [1, 0, 1, 0]) == 0.875)
    #expect(try area([2, 2, 2, 2, 2], [1, 0, 1, 0, 0]) == 0.5)
  }

  @Test func oneKindOfSamplesHasNoArea() throws {
    #expect(try area([1, 2], [1, 1]) == nil)
    #expect(try area([1, 2], [0, 0]) == nil)
    #expect(try area([1], [1]) == nil)
  }

  /// NaN has no rank, but infinities have one; every input gives a result.
  @Test func anythingHasAnAnswer() throws {
    #expect(try area([.nan, 1, 2], [0, 1, 0]) == nil && area([.nan, .nan], [0, 1]) == nil)
    #expect(try area([-.infinity, .infinity, .infinity, 0], [0, 1, 0, 1]) == 0.625)
  }

  /// Agrees with counting all pairs one by one, with many ties.
  @Test(arguments: [2, 3, 17, 256])
  func agreesWithAllPairs(_ count: Int) throws {
    var random = RandomStream(seed: 3)
    let scores = (0..<count).map { _ in (8 * random.uniform()).rounded() }
    let labels = (0..<count).map { Int32($0 % 2) }
    var (sum, pairs) = (0.0, 0)
    for a in 0..<count where labels[a] == 1 {
      for b in 0..<count where labels[b] == 0 {
        pairs += 1
        sum += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0
      }
    }
    // Both sides are exact multiples of one half over the pairs.
    #expect(try area(scores, labels) == sum / Double(pairs))
  }
}
