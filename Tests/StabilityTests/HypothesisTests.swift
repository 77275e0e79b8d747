import Stability
import Testing

@Suite struct HypothesisTests {
  /// An inequality holds only if it does for every number of both ranges.
  @Test func rangesCountFromTheirWorstEnds() {
    #expect(Hypothesis("h", "", Interval(0, 1), .atMost, Interval(1, 2)).holds)
    #expect(!Hypothesis("h", "", Interval(0, 1.0.nextUp), .atMost, Interval(1, 2)).holds)
    #expect(!Hypothesis("h", "", Interval(0, 1), .less, Interval(1, 2)).holds)
    #expect(Hypothesis("h", "", Interval(1, 5), .atLeast, Interval(0, 1)).holds)
    #expect(!Hypothesis("h", "", Interval(1, 5), .greater, Interval(0, 1)).holds)
    #expect(!Hypothesis("h", "", .all, .less, Interval(1)).holds && !Hypothesis("h", "", .all, .greater, Interval(1)).holds)
  }
}
