import Settings
import Testing
import Training

/// Loshchilov & Hutter 2017, eq. 5, at the start, the quarter, the middle and the end of the half cosine.
@Test func theCosineScheduleFollowsItsFormula() throws {
  let schedule = try CosineSchedule(try options(["schedule": .text("cosine"), "learning_rate": .real(1), "minimum_learning_rate": .real(0.1)]))
  let times: [Double] = [0, 2.5, 5, 10, 12]
  let rates = times.map { schedule.rate(base: 1, at: $0, of: 10) }
  let expected: [Double] = [1, 0.1 + 0.45 * (1 + 0.5.squareRoot()), 0.55, 0.1, 0.1]
  #expect(zip(rates, expected).allSatisfy { abs($0 - $1) < 1e-15 })
}

@Test func aMinimumAboveTheRateIsRefused() throws {
  let values = try options(["schedule": .text("cosine"), "minimum_learning_rate": .real(0.5), "learning_rate": .real(0.25)])
  #expect(failure { _ = try CosineSchedule(values) } == Failure(.outOfRange, "minimum_learning_rate is 0.5; it must be <= learning_rate, which is 0.25"))
}
