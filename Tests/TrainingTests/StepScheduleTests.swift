import Testing
import Training

/// torch.optim.lr_scheduler.StepLR(step_size: 3, gamma: 0.5): the rate halves at epochs 3, 6, ….
@Test func theStepScheduleChangesAtWholeMultiples() throws {
  let schedule = try StepSchedule(try options(["schedule": .text("step"), "step_epochs": .integer(3), "step_factor": .real(0.5)]))
  let times = [0, 2, 2.999, 3, 5.5, 6, 9]
  #expect(times.map { schedule.rate(base: 0.8, at: $0, of: 10) } == [0.8, 0.8, 0.8, 0.4, 0.4, 0.2, 0.1])
}
