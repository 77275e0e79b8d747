import Settings
import Testing
import Training

/// torch.optim.lr_scheduler.MultiStepLR(milestones: [3, 5], gamma: 0.5): the rate halves at epochs 3 and 5.
@Test func theRateChangesAtMilestones() throws {
  let schedule = try MilestoneSchedule(try options(["schedule": .text("milestones"), "milestones": .text("3, 5"), "step_factor": .real(0.5)]))
  let times = [0, 2.999, 3, 4.5, 5, 9]
  #expect(times.map { schedule.rate(base: 0.8, at: $0, of: 10) } == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2])
}

@Test func milestonesIncrease() throws {
  func message(_ milestones: String) throws -> String? { failure { _ = try MilestoneSchedule(try options(["schedule": .text("milestones"), "milestones": .text(milestones)])) }?.message }
  #expect(try message("") == "milestones is empty; schedule milestones needs the epochs at which the rate changes, such as 80,120")
  #expect(try message("80,80") == "milestones: entry 1 is 80.0; epochs must increase, from above 0")
  #expect(try message("-1") == "milestones: entry 0 is -1.0; epochs must increase, from above 0")
  #expect(try message("2,x")?.contains("entry 1 is 'x'") == true)
}
