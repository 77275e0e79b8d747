import Datasets
import Settings
import Testing
import Training

@Test func anEpochsEventReportsItsFigures() throws {
  let data = try ellipses()
  let network = try smallNetwork()
  let trainer = try trainer(network, ["epochs": .integer(2), "batch_size": .integer(60), "learning_rate": .real(0.25)])
  var events: [TrainingEvent] = []
  _ = try trainer.run(training: data.training, validation: data.validation, onEvent: { events.append($0); return 0 })
  let epochs = events.filter { $0.kind == .epoch }
  #expect(epochs == trainer.history && epochs.map(\.epoch) == [1, 2])
  // 200 samples in batches of 60: four steps, the last of 20 samples.
  #expect(epochs.map(\.step) == [4, 8] && epochs.allSatisfy { $0.epochFraction == 1 && $0.learningRate == 0.25 })
  // Fractions of 200 samples and of 100.
  #expect(epochs.allSatisfy { ($0.trainingAccuracy * 200).rounded() / 200 == $0.trainingAccuracy })
  #expect(epochs.allSatisfy { ($0.validationAccuracy * 100).rounded() / 100 == $0.validationAccuracy })
  #expect(epochs[0].seconds > 0 && epochs[1].seconds >= epochs[0].seconds && epochs[0].isBest)
  let best = try #require(epochs.last { $0.isBest })
  #expect(try evaluate(network, on: data.validation, threads: 1) == Evaluation(samples: 100, loss: best.validationLoss, accuracy: best.validationAccuracy))
}

@Test func limitsOfEpochsCountWholeEpochs() throws {
  let data = try ellipses()
  let trainer = try trainer(try smallNetwork(), ["epochs": .integer(5)])
  #expect(try trainer.run(training: data.training, limits: TrainingLimits(epochs: 2)) == .ok)
  #expect(trainer.state.epoch == 2)
  // Runs a part of the next epoch, then to its end. A cancel request is permanent, because the run may check it more than once.
  var answers = 0
  #expect(try trainer.run(training: data.training, limits: TrainingLimits { answers += 1; return answers >= 2 }) == .cancelled)
  #expect(try trainer.run(training: data.training, limits: TrainingLimits(epochs: 1)) == .ok)
  #expect(trainer.state.epoch == 3)
  // More epochs than any time suffices for.
  try trainer.set("epochs", .integer(1_000_000_000))
  #expect(try trainer.run(training: data.training, limits: TrainingLimits(milliseconds: 1)) == .timeLimit)
  #expect(trainer.state.epoch >= 3 && trainer.history.count == trainer.state.epoch)
}
