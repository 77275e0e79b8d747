import Testing
import Training

@Test func theConstantScheduleIsConstant() throws {
  let schedule = try ConstantSchedule(try options([:]))
  #expect([0, 1.5, 9].map { schedule.rate(base: 0.3, at: $0, of: 10) } == [0.3, 0.3, 0.3])
}
