import Settings
import Testing
import Training

private func rates(_ settings: [String: OptionValue], epochs: Int, steps: Int) throws -> [Double] {
  let rate = try LearningRate(try options(settings.merging(["epochs": .integer(Int64(epochs)), "learning_rate": .real(1)]) { $1 }))
  return (0..<epochs * steps).map { rate.rate(epoch: $0 / steps, step: $0 % steps, stepsPerEpoch: steps) }
}

@Test func warmUpRisesToTheFullRateWithItsLastStep() throws {
  #expect(try rates(["warmup_epochs": .integer(2)], epochs: 3, steps: 2) == [0.25, 0.5, 0.75, 1, 1, 1])
}

@Test func anEpochIntervalHoldsTheRateThroughEachEpoch() throws {
  let settings: [String: OptionValue] = ["schedule": .text("cosine"), "schedule_interval": .text("epoch"), "warmup_epochs": .integer(1)]
  let found = try rates(settings, epochs: 3, steps: 2)
  #expect(zip(found, [1, 1, 1, 1, 0.5, 0.5]).allSatisfy { abs($0 - $1) < 1e-15 })
}

@Test func aStepIntervalMovesWithinTheEpoch() throws {
  let found = try rates(["schedule": .text("cosine")], epochs: 1, steps: 2)
  #expect(zip(found, [1, 0.5]).allSatisfy { abs($0 - $1) < 1e-15 })
}

@Test func aWarmUpAsLongAsTrainingIsRefused() throws {
  let values = try options(["warmup_epochs": .integer(5), "epochs": .integer(5)])
  #expect(failure { _ = try LearningRate(values) } == Failure(.outOfRange, "warmup_epochs is 5; it must be less than epochs, which is 5"))
}

/// Warm-up can be given in steps; after it the schedule starts from its beginning.
@Test func warmUpMayBeCountedInSteps() throws {
  #expect(try rates(["warmup_steps": .integer(4)], epochs: 3, steps: 2) == [0.25, 0.5, 0.75, 1, 1, 1])
  let found = try rates(["warmup_steps": .integer(3), "schedule": .text("cosine")], epochs: 3, steps: 2)
  // After 3 of 6 steps the cosine has 1½ epochs left; after 0, ½ and 1 of them it is 1, ¾, ¼.
  #expect(zip(found, [1.0 / 3, 2.0 / 3, 1, 1, 0.75, 0.25]).allSatisfy { abs($0 - $1) < 1e-15 })
  let both = try options(["warmup_epochs": .integer(1), "warmup_steps": .integer(1)])
  #expect(failure { _ = try LearningRate(both) }?.status == .invalidArgument)
}
