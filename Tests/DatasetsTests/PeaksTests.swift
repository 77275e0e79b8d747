import Datasets
import Testing

@Suite struct PeaksTests {
  /// Theory.md §7.3: on the 256 × 256 grid over [−3, 3]², min −6.549719 and max 8.105393 (to six decimals).
  @Test func rangeOnTheGrid() {
    var range = (low: Double.infinity, high: -Double.infinity)
    for i in 0..<256 {
      for j in 0..<256 {
        let value = peaksFunction(-3 + 6 * Double(i) / 255, -3 + 6 * Double(j) / 255)
        range = (min(range.low, value), max(range.high, value))
      }
    }
    #expect(abs(range.low - -6.549719) < 5e-7)
    #expect(abs(range.high - 8.105393) < 5e-7)
    #expect(peaksRange == -6.549719...8.105393)
  }

  /// Known points: the maximum lies near (0, 1.58) and the minimum near (0.23, −1.63). Far away the function is 0, which is in the third level.
  @Test func levels() {
    #expect(peaksLevel(0, 1.58) == 4)
    #expect(peaksLevel(0.23, -1.63) == 0)
    #expect(peaksLevel(3, 3) == 2)
    // f(0, 0) = 3/e − 1/(3e) = 0.981012…
    #expect(abs(peaksFunction(0, 0) - 0.981_011_843_123_847_1) < 1e-15)
  }

  @Test func everyLevelHasItsCountAndItsPoints() throws {
    let (training, validation) = try peaks(training: 4000, validation: 1000, seed: 1)
    for (data, each) in [(training, 800), (validation, 200)] {
      let all = try points(data)
      for (row, point) in all.enumerated() {
        #expect(point.label == row % 5 && point.label == peaksLevel(point.x, point.y))
        #expect(abs(point.x) <= 3 && abs(point.y) <= 3)
      }
      for level in 0..<5 { #expect(all.filter { $0.label == level }.count == each) }
    }
    // No point is in both.
    let trained = try Set(points(training).map(\.x))
    #expect(try points(validation).allSatisfy { !trained.contains($0.x) })
  }

  @Test func countsNeedNotBeMultiplesOfFive() throws {
    let (training, validation) = try peaks(training: 7, validation: 3, seed: 1)
    #expect(try points(training).map(\.label) == [0, 1, 2, 3, 4, 0, 1])
    #expect(try points(validation).map(\.label) == [0, 1, 2])
  }
}
