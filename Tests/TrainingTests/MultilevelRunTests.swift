import Networks
import Settings
import Testing
import Training

/// Levels of 5, 10 and 20 layers give the same bits as refinement by hand, and a history row for each epoch of each level.
@Test func levelsAreTrainedOneAfterTheOther() throws {
  let data = try ellipses()
  let settings: [String: OptionValue] = ["epochs": .integer(2), "learning_rate": .real(0.02), "smoothness": .real(1e-3), "schedule": .text("cosine")]
  let (finest, status) = try trainMultilevel(try trainer(try smallNetwork(), settings), to: 20, .linear, training: data.training, validation: data.validation)
  #expect(status == .ok && finest.network.plan.blocks[0].layers == 20)
  #expect(finest.history.map(\.level) == [0, 0, 1, 1, 2, 2])
  var hand = try trainer(try smallNetwork(), settings)
  for level in 0..<3 {
    if level > 0 { hand = try hand.refined(.linear) }
    _ = try hand.run(training: data.training, validation: data.validation)
  }
  #expect(bits(hand.network) == bits(finest.network))
  #expect(finest.history.map(\.validationLoss) == hand.history.map(\.validationLoss))
}

/// A run that ends early and continues gives the same bits; limits apply to all levels together.
@Test func aMultilevelRunIsContinued() throws {
  let data = try ellipses()
  let settings: [String: OptionValue] = ["epochs": .integer(3)]
  let whole = try trainMultilevel(try trainer(try smallNetwork(), settings), to: 20, .linear, training: data.training, validation: data.validation).trainer
  var (level, status) = try trainMultilevel(
    try trainer(try smallNetwork(), settings), to: 20, .linear, training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 4))
  #expect(status == .ok && level.state.level == 1 && level.state.epoch == 1 && level.history.count == 4)
  (level, status) = try trainMultilevel(level, to: 20, .linear, training: data.training, validation: data.validation, onEvent: { $0.level == 2 ? 1 : 0 })
  #expect(status == .stoppedByCallback && level.state.level == 2)
  (level, status) = try trainMultilevel(level, to: 20, .linear, training: data.training, validation: data.validation)
  #expect(status == .ok && bits(level.network) == bits(whole.network))
  let finished = try trainMultilevel(level, to: 20, .linear, training: data.training, validation: data.validation)
  #expect(finished.trainer === level && level.history.count == 9)
}

/// Early stopping ends a level, but not the run.
@Test func patienceEndsALevel() throws {
  let data = try ellipses()
  let settings: [String: OptionValue] = ["epochs": .integer(50), "patience": .integer(1), "min_delta": .real(10)]
  let (finest, status) = try trainMultilevel(try trainer(try smallNetwork(), settings), to: 10, .copy, training: data.training, validation: data.validation)
  #expect(status == .earlyStopping && finest.state.level == 1 && finest.history.count < 10)
}

@Test(arguments: [4, 15, 0, 12]) func layersOutOfReachAreRefused(_ layers: Int) throws {
  let data = try ellipses()
  let trainer = try trainer(try smallNetwork(), [:])
  let found = failure { _ = try trainMultilevel(trainer, to: layers, .linear, training: data.training) }
  #expect(found?.status == .outOfRange && found?.message.contains("must be 5") == true && trainer.state.step == 0)
}
