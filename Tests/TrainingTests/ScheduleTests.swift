import Settings
import Testing
import Training

/// Every registered schedule starts at the full rate and never rises.
@Test(arguments: schedules.names)
func everyScheduleStartsAtTheBaseAndFalls(name: String) throws {
  let schedule = try schedules(name).init(try options(["schedule": .text(name), "learning_rate": .real(0.7), "milestones": .text(name == "milestones" ? "10,30" : "")]))
  let rates = (0..<40).map { schedule.rate(base: 0.7, at: Double($0), of: 40) }
  #expect(rates[0] == 0.7)
  #expect(zip(rates, rates.dropFirst()).allSatisfy { $0 >= $1 && $1 > 0 })
}
