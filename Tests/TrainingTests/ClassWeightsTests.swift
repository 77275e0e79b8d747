import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// Three classes have 3, 1 and 0 samples: their weights are 4/(2·3), 4/(2·1), and 0 for the class without samples.
@Test func balancedWeightsCountEveryClassTheSame() throws {
  let data = try scoreData(oneHot([0, 0, 0, 1], classes: 3), labels: [0, 0, 0, 1])
  let weights = try ClassWeights(balancing: data, classes: 3)
  #expect((0..<3).map { weights.vector.load($0) } == [4.0 / 6, 2, 0])
}

@Test func badClassWeightsAreNamed() throws {
  func weights(_ values: [Double]) throws -> ClassWeights {
    let numbers = try Numbers(values)
    return try withExtendedLifetime(numbers) {
      try ClassWeights(TensorView(numbers.vector.base, type: .float64, rows: values.count, columns: 1), classes: 2)
    }
  }
  let good = try weights([1, 3])
  #expect(good.vector.load(0) == 1 && good.vector.load(1) == 3)
  #expect(failure { _ = try weights([1, -3]) } == Failure(.invalidData, "class weights hold -3.0 at class 1; they must be finite and >= 0"))
  #expect(failure { _ = try weights([0, 0]) }?.status == .invalidData)
  #expect(failure { _ = try weights([1]) } == Failure(.shapeMismatch, "class weights hold 1 numbers; the network has 2 classes"))
}

/// Given weights exclude balanced weights, values have no classes, and training that has begun keeps its weights.
@Test func classWeightsOfATrainer() throws {
  let data = try ellipses()
  let numbers = try Numbers([1, 2])
  let view = TensorView(numbers.vector.base, type: .float64, rows: 2, columns: 1)
  let both = try trainer(try smallNetwork(), ["class_weights": .text("balanced"), "epochs": .integer(1)])
  try both.setClassWeights(view)
  #expect(failure { _ = try both.run(training: data.training) }?.status == .invalidArgument)
  try both.setClassWeights(nil)
  #expect(try both.run(training: data.training) == .ok)
  #expect(failure { try both.setClassWeights(view) }?.status == .state)
  let regression = try trainer(try smallNetwork(extra: ["loss": .text("least_squares")]), [:])
  #expect(failure { try regression.setClassWeights(view) }?.status == .incompatible)
  withExtendedLifetime(numbers) {}
}

/// Products with second derivatives and the readout's own problem use the weights: integer weights give the same steps as repeated samples. The test compares losses, because adding
/// the same number to all biases of the readout changes no probability.
@Test func secondOrderStepsAreWeighted() throws {
  let rows = [[0.5, 1], [-1, 0.25], [0.75, -0.5], [-0.25, -1.0], [1, 0]]
  let labels = [0.0, 1, 1, 0, 0]
  let counts = [2, 1, 3, 1, 2]
  let weights = try Numbers(counts.map(Double.init))
  let weighted = try scoreData(rows, labels: labels).weighted(by: TensorView(weights.vector.base, type: .float64, rows: 5, columns: 1))
  let order = counts.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
  let repeated = try scoreData(order.map { rows[$0] }, labels: order.map { labels[$0] })
  for optimizer in optimizers.entries.filter({ $0.entry.prefersAllSamples }).map(\.name) {
    let solvesReadout = try optimizers(optimizer).options.contains { $0.key == "readout_tolerance" }
    let found = try [weighted, repeated].map { data -> Double in
      let network = try smallNetwork(precision: .float64)
      var settings: [String: OptionValue] = ["optimizer": .text(optimizer), "epochs": .integer(2), "weight_decay": .real(0.01)]
      if solvesReadout { settings.merge(["readout_tolerance": .real(1e-10), "cg_tolerance": .real(1e-10), "cg_iterations": .integer(200)]) { $1 } }
      _ = try trainer(network, settings).run(training: data)
      return try evaluate(network, on: repeated, threads: 1).loss
    }
    // The sums differ by rounding. The readout's preconditioner ignores weights, so solves end at different points within their tolerance, and later steps magnify the difference.
    #expect(abs(found[0] - found[1]) < (solvesReadout ? 1e-7 : 1e-12), "\(optimizer)")
  }
}

/// Thirty samples of class 0 and ten of class 1, which their first features tell.
private func unbalanced() throws -> Dataset {
  let labels = (0..<40).map { $0 % 4 == 3 ? 1.0 : 0 }
  let rows: [[Double]] = labels.enumerated().map { row, label in [2 * label - 1 + 0.01 * Double(row), 0.5] }
  return try scoreData(rows, labels: labels)
}

private func weightsInRecord(_ trainer: Trainer) throws -> [Double]? { try trainer.record().tables.first { $0.name == "class_weights" }?.table.rows.first }

private func rebuilt(_ trainer: Trainer) throws -> Trainer {
  let snapshot = trainer.network.snapshot
  return try Trainer(try Network(trainer.network.plan, ParameterSnapshot(copying: snapshot.parameters, scaling: snapshot.scaling)), try trainer.record())
}

/// Balanced weights that were made of a stream stay with the trainer and its checkpoints as long as the option does, and are not taken for given ones.
@Test func balancedWeightsOfAStreamAreNotGiven() throws {
  let data = try unbalanced()
  let settings: [String: OptionValue] = ["class_weights": .text("balanced"), "epochs": .integer(3), "batch_size": .integer(10), "num_threads": .integer(1)]
  let begun = try trainer(try smallNetwork(), settings)
  let stream = try SampleStream(Slices(data, size: 10), capacity: 40)
  #expect(try begun.run(training: .stream(stream), limits: TrainingLimits(epochs: 1)) == .ok)
  #expect(try weightsInRecord(begun) == [40.0 / 60, 2])
  let again = try rebuilt(begun)
  #expect(try weightsInRecord(again) == [40.0 / 60, 2])
  // Data from memory instead of the stream, before and after the checkpoint.
  #expect(try begun.run(training: data, limits: TrainingLimits(epochs: 1)) == .ok)
  #expect(try again.run(training: data, limits: TrainingLimits(epochs: 1)) == .ok)
  #expect(bits(again.network) == bits(begun.network))
  let uniform = try rebuilt(begun)
  try uniform.set("class_weights", .text("none"))
  #expect(try weightsInRecord(uniform) == nil)
  #expect(try uniform.run(training: data) == .ok && begun.run(training: data) == .ok)
  #expect(bits(uniform.network) != bits(begun.network))
}

/// Weights that the caller gave are given after a run with a stream and in a checkpoint, too, so that balanced ones beside them are refused.
@Test func givenWeightsStayGivenAfterAStream() throws {
  let data = try unbalanced()
  let numbers = try Numbers([1, 3])
  let begun = try trainer(try smallNetwork(), ["epochs": .integer(3), "batch_size": .integer(10), "num_threads": .integer(1)])
  try begun.setClassWeights(TensorView(numbers.vector.base, type: .float64, rows: 2, columns: 1))
  let stream = try SampleStream(Slices(data, size: 10), capacity: 40)
  #expect(try begun.run(training: .stream(stream), limits: TrainingLimits(epochs: 1)) == .ok)
  let again = try rebuilt(begun)
  #expect(try weightsInRecord(again) == [1, 3])
  for trainer in [begun, again] {
    try trainer.set("class_weights", .text("balanced"))
    #expect(failure { _ = try trainer.run(training: .stream(SampleStream(Slices(data, size: 10), capacity: 40))) }?.status == .invalidArgument)
    try trainer.set("class_weights", .text("none"))
    #expect(try trainer.run(training: data, limits: TrainingLimits(epochs: 1)) == .ok)
  }
  #expect(bits(again.network) == bits(begun.network))
  withExtendedLifetime(numbers) {}
}
