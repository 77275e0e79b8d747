import Datasets
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

private let everyPart: [String: OptionValue] = [
  "epochs": .integer(4), "batch_size": .integer(48), "optimizer": .text("adamw"), "weight_decay": .real(0.01), "smoothness": .real(1e-3),
  "schedule": .text("cosine"), "warmup_epochs": .integer(1), "learning_rate": .real(0.02),
]

/// Runs that a cancel token stops after every batch, or a time limit, or the end of each epoch, continue with the bits of one run on one thread.
@Test(arguments: [1, 2], Precision.allCases)
func interruptedTrainingIsUninterruptedTraining(threads: Int, precision: Precision) throws {
  let data = try ellipses()
  var whole: [UInt64] = []
  var rows: [Double] = []
  for limits in ["none", "epoch", "cancel", "clock"] {
    let network = try smallNetwork(precision: precision)
    let trainer = try trainer(network, everyPart.merging(["num_threads": .integer(limits == "none" ? 1 : Int64(threads))]) { $1 })
    var runs = 0
    while trainer.state.epoch < 4 {
      runs += 1
      let status: Status
      switch limits {
      case "epoch": status = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 1))
      case "cancel":
        // The token is requested after the step of a batch or the end of an epoch. A batch is one tile, so the check runs on this thread.
        let (step, epoch) = (trainer.state.step, trainer.state.epoch)
        let moved = { trainer.state.step != step || trainer.state.epoch != epoch }
        status = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(isCancelled: moved))
      case "clock":
        status = try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(milliseconds: 20))
      default: status = try trainer.run(training: data.training, validation: data.validation)
      }
      // A loaded machine may need many runs of 20 ms to make one step.
      #expect(runs < 1000 && (limits != "cancel" || status == (runs < 24 ? .cancelled : .ok)))
      if runs >= 1000 { return }
    }
    // 200 samples in batches of 48 are 5 steps per epoch.
    #expect(trainer.state.step == 20)
    // Each epoch takes one run for each of its 5 batches and one for its validation.
    if limits == "cancel" { #expect(runs == 24) }
    let row = trainer.history.flatMap { [$0.trainingLoss, $0.validationLoss, $0.validationAccuracy, $0.learningRate] }
    if limits == "none" { (whole, rows) = (bits(network), row) }
    #expect(bits(network) == whole, "\(limits)")
    #expect(row == rows, "\(limits)")
  }
}

/// Cancellation within a batch changes nothing: no step is made, and continuing gives the bits of an uninterrupted run.
@Test func aBatchCancelledHalfwayIsWorkedOnAnew() throws {
  let data = try ellipses()
  var results: [[UInt64]] = []
  for disturbed in [false, true] {
    let network = try smallNetwork(precision: .float32)
    let trainer = try trainer(network, everyPart.merging(["num_threads": .integer(1), "batch_size": .integer(1_000_000)]) { $1 })
    if disturbed {
      // 200 samples are two tiles. The token is checked before each tile, and again after both.
      for patience in 0..<3 {
        var asked = 0
        let status = try trainer.run(
          training: data.training, validation: data.validation,
          limits: TrainingLimits {
            asked += 1
            return asked > patience
          })
        #expect(status == .cancelled && trainer.state.step == 0 && trainer.state.position == 0)
      }
    }
    #expect(try trainer.run(training: data.training, validation: data.validation) == .ok)
    results.append(bits(network))
  }
  #expect(results[0] == results[1])
}

@Test func earlyStoppingEndsTrainingAndStaysEnded() throws {
  let data = try ellipses()
  let trainer = try trainer(try smallNetwork(), ["epochs": .integer(50), "patience": .integer(2), "min_delta": .real(10), "metric": .text("loss")])
  // No loss falls by 10: the first epoch sets the reference, and the patience lasts two more.
  #expect(try trainer.run(training: data.training, validation: data.validation) == .earlyStopping)
  #expect(trainer.state.epoch == 3)
  #expect(try trainer.run(training: data.training, validation: data.validation) == .earlyStopping)
  #expect(trainer.state.epoch == 3)
}

@Test func aLossThatIsNotFiniteEndsTrainingAndLosesNothing() throws {
  let data = try ellipses()
  let network = try smallNetwork(extra: ["activation": .text("identity"), "field": .text("dense")])
  let trainer = try trainer(network, ["epochs": .integer(3), "optimizer": .text("sgd")])
  #expect(try trainer.run(training: data.training, validation: data.validation, limits: TrainingLimits(epochs: 1)) == .ok)
  let kept = bits(network)
  try trainer.set("learning_rate", .real(1e30))
  let found = failure { _ = try trainer.run(training: data.training, validation: data.validation) }
  #expect(found?.status == .notFinite)
  #expect(found?.message.contains("learning_rate") == true)
  #expect(bits(network) == kept)
}

@Test func progressEventsComeWithinAnEpoch() throws {
  let data = try problems("ellipses")(training: 20_000, validation: 200, seed: 3)
  let trainer = try trainer(try smallNetwork(extra: ["layers": .integer(400)]), ["epochs": .integer(1), "batch_size": .integer(16)])
  var fractions: [Double] = []
  let status = try trainer.run(training: data.training) { event in
    if event.kind == .progress { fractions.append(event.epochFraction) }
    return fractions.count >= 2 ? 1 : 0
  }
  #expect(status == .stoppedByCallback)
  #expect(fractions.count == 2 && fractions[0] > 0 && fractions[1] > fractions[0] && fractions[1] < 1)
}

@Test func theOrderOfTheSamplesDependsOnTheSeedAlone() throws {
  let data = try ellipses()
  var results: [[UInt64]] = []
  for (shuffle, seed) in [(1, 1), (1, 1), (1, 2), (0, 1), (0, 2)] as [(Int64, Int64)] {
    let network = try smallNetwork()
    let trainer = try trainer(network, ["epochs": .integer(2), "batch_size": .integer(16), "seed": .integer(seed), "shuffle": .integer(shuffle)])
    _ = try trainer.run(training: data.training)
    results.append(bits(network))
  }
  #expect(results[0] == results[1])
  #expect(results[0] != results[2] && results[0] != results[3])
  #expect(results[3] == results[4])
}

/// Three accumulated batches of 20 give the same bits as one batch of 60, also with sample weights.
@Test func accumulatedBatchesAreOneLargerBatch() throws {
  let data = try ellipses()
  let weights = try Numbers((0..<200).map { 0.5 + Double($0 % 3) })
  let training = try data.training.weighted(by: TensorView(weights.vector.base, type: .float64, rows: 200, columns: 1))
  var found: [[UInt64]] = []
  for settings: [String: OptionValue] in [["batch_size": .integer(60)], ["batch_size": .integer(20), "accumulate_batches": .integer(3)]] {
    let network = try smallNetwork()
    let trainer = try trainer(network, settings.merging(["epochs": .integer(2), "label_smoothing": .real(0.1)]) { $1 })
    _ = try trainer.run(training: training)
    #expect(trainer.state.step == 8)
    found.append(bits(network))
  }
  #expect(found[0] == found[1])
}

/// If training cannot evaluate a row, the error names its place in the caller's data, whichever shuffled minibatch it is in.
@Test func aRowOfAMinibatchIsNamedByItsPlaceInTheData() throws {
  let network = try smallNetwork(
    classes: 2, precision: .float64, extra: ["integrator": .text("backward_euler"), "solver_iterations": .integer(1), "horizon": .real(4)])
  var rows = Array(repeating: [0.0, 0], count: 200)
  rows[137] = [3, 1]
  let data = try scoreData(rows, labels: Array(repeating: 0, count: 200))
  let made = try trainer(network, ["batch_size": .integer(16), "epochs": .integer(1), "optimizer": .text("sgd"), "num_threads": .integer(1), "accumulate_batches": .integer(13)])
  let failure = refusal { _ = try made.run(training: data) }
  #expect(failure?.status == .notConverged && failure?.message.hasPrefix("row 137: ") == true, "\(failure?.message ?? "")")
}
