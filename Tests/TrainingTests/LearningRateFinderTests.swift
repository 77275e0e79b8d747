import Foundation
import Settings
import Testing
import Training

/// The loss is flat, then falls fastest between the rates 4 and 6, then rises. Smoothing delays it, but the suggestion lies on the slope before the minimum.
@Test func theSuggestionLiesOnTheSlope() {
  let rates = (0..<20).map { pow(2.0, Double($0)) }
  let losses = [1, 1, 1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.6, 1, 1.4, 1.8, 2.2, 2.6, 3, 3.4]
  let curve = LearningRateCurve(rates: rates, losses: losses)
  #expect(curve.suggestion >= rates[4] && curve.suggestion <= rates[13])
  #expect(LearningRateCurve(rates: rates, losses: (0..<20).map(Double.init)).suggestion.isNaN)
  #expect(LearningRateCurve(rates: rates, losses: Array(repeating: .nan, count: 20)).suggestion.isNaN)
}

/// The range test does not change a trainer that has begun, runs over several epochs, and ends when steps are too large. Its first losses are those of training at that rate.
@Test func aRangeTestChangesNothing() throws {
  let data = try ellipses()
  let network = try smallNetwork()
  let trainer = try trainer(network, ["optimizer": .text("sgd"), "batch_size": .integer(50), "epochs": .integer(2), "patience": .integer(3)])
  _ = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 1))
  let (before, step) = (bits(network), trainer.state.step)
  let curve = try trainer.findLearningRate(training: data.training, low: 1e-5, high: 1e6, steps: 60)
  #expect(bits(network) == before && trainer.state.step == step && trainer.history.count == 1)
  #expect(curve.rates[0] == 1e-5 && abs(curve.rates[59] / 1e6 - 1) < 1e-12)
  #expect(curve.losses[0].isFinite && curve.losses[59].isNaN)
  let finite = curve.losses.prefix { $0.isFinite }
  #expect(finite.count > 10 && curve.losses[finite.count...].allSatisfy(\.isNaN))
  #expect(curve.suggestion > 1e-5 && curve.suggestion < 1e3)
  _ = try trainer.run(training: data.training, validation: data.validation)
  #expect(trainer.history.count == 2)
}

@Test func rangesThatMakeNoSenseAreRefused() throws {
  let data = try ellipses()
  let trainer = try trainer(try smallNetwork(), [:])
  for (low, high, steps) in [(0.0, 1.0, 10), (1, 1, 10), (1, .infinity, 10), (0.1, 1, 1)] {
    #expect(failure { _ = try trainer.findLearningRate(training: data.training, low: low, high: high, steps: steps) }?.status == .outOfRange)
  }
  try trainer.set("optimizer", .text("newton_pcg"))
  #expect(failure { _ = try trainer.findLearningRate(training: data.training, low: 0.1, high: 1, steps: 10) }?.status == .incompatible)
}
