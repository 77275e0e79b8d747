import Foundation
import Testing
import Training

@Test func theStopwatchCountsMilliseconds() {
  let watch = Stopwatch()
  Thread.sleep(forTimeInterval: 0.02)
  let elapsed = watch.milliseconds
  // Sleeping takes at least the requested time; a minute would show a wrong unit.
  #expect(elapsed >= 20 && elapsed < 60_000)
}
