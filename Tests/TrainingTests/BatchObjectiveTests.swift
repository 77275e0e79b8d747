import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

struct BatchObjectiveTests {
  /// Work is measured in gradients over the training set. Adam's two steps per epoch on half batches cost one; L-BFGS pays for every trial of its line search.
  @Test func workIsCounted() throws {
    let data = try ellipses(100, 20)
    let adam = try trainer(try smallNetwork(), ["epochs": .integer(3), "batch_size": .integer(50)])
    _ = try adam.run(training: data.training)
    #expect(adam.history.map(\.work) == [1, 2, 3])
    let lbfgs = try trainer(try smallNetwork(), ["optimizer": .text("lbfgs"), "epochs": .integer(10)])
    _ = try lbfgs.run(training: data.training)
    let work = lbfgs.history.map(\.work)
    #expect(work.last! >= 10 && work.last! < 20 && zip(work, work.dropFirst()).allSatisfy { $0 < $1 })
  }

  /// The fraction of the loss that may be left after twelve epochs on 200 points of the ellipses. The bound of a first-order method lies between the measured value (0.840 for sgd at rate 0.1, 0.9675 for
  /// Adam's 48 steps of 1e-3) and the value after half the steps (0.92, 0.984). A method with a line search at least halves the loss; the measured fractions are 0.485 (lbfgs) to 6e-4 (varpro).
  private func mostLossLeft(_ name: String) throws -> Double { try optimizers(name).prefersAllSamples ? 0.5 : name == "sgd" ? 0.86 : 0.975 }

  /// Every method decreases the loss below its bound in both precisions, and counts its work.
  @Test(arguments: optimizers.names, Precision.allCases)
  func everyOptimizerTrains(name: String, precision: Precision) throws {
    let data = try ellipses(200, 50)
    let network = try smallNetwork(precision: precision)
    let before = try evaluate(network, on: data.training, threads: 1).loss
    let trainer = try trainer(network, ["optimizer": .text(name), "epochs": .integer(12), "num_threads": .integer(1)])
    if name == "sgd" { try trainer.set("learning_rate", .real(0.1)) }
    _ = try trainer.run(training: data.training)
    let after = try evaluate(network, on: data.training, threads: 1).loss
    #expect(after < (try mostLossLeft(name)) * before, "\(after / before)")
    #expect(trainer.history.last!.work > 0 && trainer.history.allSatisfy { $0.trainingLoss.isFinite })
  }

  /// For every method one thread and two threads give the same bits after training.
  @Test(arguments: optimizers.names)
  func bitsDoNotDependOnThreads(name: String) throws {
    let data = try ellipses(300, 20)
    var results: [[UInt64]] = []
    for threads in [1, 2] {
      let network = try smallNetwork()
      _ = try trainer(network, ["optimizer": .text(name), "epochs": .integer(3), "num_threads": .integer(Int64(threads))]).run(training: data.training)
      results.append(bits(network))
    }
    #expect(results[0] == results[1])
  }

  /// A run that stops after any epoch and is continued by the same trainer has the bits of the uninterrupted run.
  @Test(arguments: optimizers.names)
  func continuesBitForBit(name: String) throws {
    let data = try ellipses(150, 20)
    let whole = try smallNetwork()
    _ = try trainer(whole, ["optimizer": .text(name), "epochs": .integer(4)]).run(training: data.training)
    let parts = try smallNetwork()
    let stopping = try trainer(parts, ["optimizer": .text(name), "epochs": .integer(4)])
    for _ in 1...4 { _ = try stopping.run(training: data.training, limits: TrainingLimits(epochs: 1)) }
    #expect(bits(parts) == bits(whole))
  }

  /// A cancelled step changes nothing, wherever in the step the cancellation occurs.
  @Test(arguments: optimizers.names)
  func aCancelledStepIsTakenAnew(name: String) throws {
    let data = try ellipses(150, 20)
    let whole = try smallNetwork()
    _ = try trainer(whole, ["optimizer": .text(name), "epochs": .integer(2), "num_threads": .integer(1)]).run(training: data.training)
    for asked in [1, 3, 6] {
      let network = try smallNetwork()
      let cancelled = try trainer(network, ["optimizer": .text(name), "epochs": .integer(2), "num_threads": .integer(1)])
      var answers = 0
      _ = try cancelled.run(training: data.training, limits: TrainingLimits { answers += 1; return answers == asked })
      _ = try cancelled.run(training: data.training)
      #expect(bits(network) == bits(whole), "\(name) cancelled at \(asked)")
    }
  }
}
