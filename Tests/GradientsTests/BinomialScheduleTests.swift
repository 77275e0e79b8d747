import Gradients
import Testing

@Suite struct BinomialScheduleTests {
  /// The smallest number of steps without a record, found by trying every split: t(1, s) = 0, t(l, 1) = l(l − 1)/2, t(l, s) = min_m (m + t(l − m, s − 1) + t(m, s)).
  @Test func isTheOptimum() {
    let longest = 80
    var previous = (0...longest).map { $0 * ($0 - 1) / 2 }
    for checkpoints in 1...9 {
      var best = previous
      if checkpoints > 1 {
        best = [0, 0]
        for length in 2...longest { best.append((1..<length).map { $0 + previous[length - $0] + best[$0] }.min() ?? 0) }
      }
      for length in 1...longest { #expect(BinomialSchedule.advances(length, checkpoints: checkpoints) == best[length], "t(\(length), \(checkpoints))") }
      previous = best
    }
  }

  /// The chosen splits cost t(N, s), also where a table of all splits would be too large.
  @Test func splitsCostTheOptimum() {
    func cost(_ length: Int, _ free: Int) -> Int {
      guard length > 1 else { return 0 }
      let steps = BinomialSchedule.split(length, free)
      guard steps >= 1 && steps < length && (free > 1 || steps == length - 1) else { return Int.max / 4 }
      return steps + cost(length - steps, free - 1) + cost(steps, free)
    }
    for (length, checkpoints) in [(2, 1), (10, 3), (100, 1), (100, 5), (101, 99), (101, 100), (101, 200), (1000, 7), (5456, 30), (4000, 4000), (12345, 50)] {
      #expect(cost(length, checkpoints) == BinomialSchedule.advances(length, checkpoints: checkpoints), "\(length), \(checkpoints)")
    }
  }

  /// β(s, r) = C(s + r, s). For a chain length between two of them, r is that of the larger one.
  @Test func reachIsTheBinomialCoefficient() {
    #expect([0, 1, 2, 3, 4].map { BinomialSchedule.reach(3, $0) } == [1, 4, 10, 20, 35])
    #expect(BinomialSchedule.reach(3, -1) == 0 && BinomialSchedule.reach(0, 5) == 1)
    #expect([1, 2, 4, 5, 10, 11, 20].map { BinomialSchedule.repetitions($0, 3) } == [0, 1, 1, 2, 2, 3, 3])
    // r·N − C(s + r, r − 1), computed by hand: 2·10 − 5, and the two values in the comment of `Binomial`.
    #expect(BinomialSchedule.advances(10, checkpoints: 3) == 15)
    #expect(BinomialSchedule.reach(30, 2) == 496 && BinomialSchedule.reach(30, 3) == 5456)
  }
}
