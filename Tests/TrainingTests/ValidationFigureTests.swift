import Settings
import Testing
import Training

/// A metric of the registry determines which iterate is kept, no matter how validation is interrupted, and the event reports its value.
@Test(arguments: ["macro_f1", "log_loss"])
func aMetricChoosesTheIterate(_ name: String) throws {
  let data = try ellipses(200, 1500)
  var found: [[UInt64]] = []
  for interrupted in [false, true] {
    let network = try smallNetwork()
    let trainer = try trainer(network, ["epochs": .integer(3), "metric": .text(name), "learning_rate": .real(0.05)])
    // Each interruption occurs between the two parts of a validation, whose scores are lost with the run.
    var (cuts, runs) = (0, 0)
    while trainer.state.epoch < 3 {
      runs += 1
      let limits = TrainingLimits(isCancelled: {
        guard interrupted, cuts < 2, trainer.state.validated == 1024 else { return false }
        cuts += 1
        return true
      })
      _ = try trainer.run(training: data.training, validation: data.validation, limits: limits)
      if runs > 10 { break }
    }
    #expect(runs == (interrupted ? 3 : 1))
    let figures = trainer.history.map(\.validationMetric)
    let best = try #require(trainer.history.last { $0.isBest })
    #expect(best.validationMetric == (name == "log_loss" ? figures.min() : figures.max()))
    #expect(try evaluate(network, on: data.validation, metrics: [name], threads: 1)[0] == best.validationMetric)
    found.append(bits(network))
  }
  #expect(found[0] == found[1])
}

@Test func figuresThatDoNotSuitAreRefused() throws {
  let data = try ellipses()
  let values = try trainer(try smallNetwork(), ["metric": .text("r2")])
  #expect(failure { _ = try values.run(training: data.training, validation: data.validation) }?.status == .incompatible)
  #expect(failure { try values.set("metric", .text("acuracy")) }?.status == .unknownName)
  // With only one class the area under the curve is undefined, so there is nothing to compare.
  let single = try scoreData([[0, 1], [1, 0]], labels: [1, 1])
  let area = try trainer(try smallNetwork(), ["metric": .text("auc"), "epochs": .integer(1)])
  let found = failure { _ = try area.run(training: data.training, validation: single) }
  #expect(found?.status == .notFinite && found?.message.contains("auc") == true)
}

/// For classes `automatic` means the accuracy, which the event reports.
@Test func theAutomaticFigureIsTheAccuracy() throws {
  let data = try ellipses()
  let trainer = try trainer(try smallNetwork(), ["epochs": .integer(2)])
  _ = try trainer.run(training: data.training, validation: data.validation)
  #expect(trainer.history.allSatisfy { $0.validationMetric == $0.validationAccuracy })
  let byLoss = try smallTrainerByLoss()
  _ = try byLoss.run(training: data.training, validation: data.validation)
  #expect(byLoss.history.allSatisfy { $0.validationMetric == $0.validationLoss })
}

private func smallTrainerByLoss() throws -> Trainer { try trainer(try smallNetwork(), ["epochs": .integer(2), "metric": .text("loss")]) }
