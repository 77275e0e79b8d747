import Integrators
import Testing

@Suite struct SegmentScheduleTests {
  /// The segments follow each other without gaps, each is one step shorter than the one before, and together they cover the reach.
  @Test func segmentsCoverAllSteps() {
    for slots in 1...60 {
      let schedule = SegmentSchedule(slots: slots)
      var step = 0
      for segment in 0..<slots {
        #expect(schedule.start(segment) == step && schedule.length(segment) == slots - segment)
        for _ in 0..<schedule.length(segment) {
          #expect(schedule.segment(of: step) == segment)
          step += 1
        }
      }
      #expect(step == schedule.reach)
    }
  }

  /// N steps need √(2N) slots, and no slot is superfluous.
  @Test(arguments: [1, 2, 3, 4, 32, 528, 529, 10_000, 1_000_000]) func slotsSuffice(_ steps: Int) {
    let schedule = SegmentSchedule(steps: steps)
    #expect(schedule.reach >= steps && (schedule.slots == 1 || SegmentSchedule(slots: schedule.slots - 1).reach < steps))
    #expect(schedule.segment(of: steps - 1) < schedule.slots)
    #expect(SegmentSchedule(steps: 1_000_000).slots == 1414)
  }
}
