import Datasets
import Glibc
import LinearAlgebra
import Networks
import Settings

/// The result of a range test of learning rates.
package struct LearningRateCurve: Sendable {
  package let rates: [Double]
  /// The loss of the batch before the step at each rate; NaN for the rates after the test ended early.
  package let losses: [Double]

  package init(rates: [Double], losses: [Double]) {
    self.rates = rates
    self.losses = losses
  }

  /// The rate at which the loss, as a function of the log rate, falls fastest before its minimum; NaN if it never falls. The loss is smoothed by an exponential mean with factor 0.9 and
  /// bias correction.
  package var suggestion: Double {
    var (average, weight, smoothed) = (0.0, 0.0, [Double]())
    for loss in losses where loss.isFinite {
      (average, weight) = (0.9 * average + 0.1 * loss, 0.9 * weight + 0.1)
      smoothed.append(average / weight)
    }
    guard let least = smoothed.indices.min(by: { smoothed[$0] < smoothed[$1] }), least >= 1 else { return .nan }
    // Neighbors have equal distances in log rate, so that differences can stand for slopes. At the first rate the difference is one-sided.
    func slope(_ index: Int) -> Double { index == 0 ? smoothed[1] - smoothed[0] : (smoothed[index + 1] - smoothed[index - 1]) / 2 }
    let steepest = (0..<least).min { slope($0) < slope($1) } ?? 0
    return slope(steepest) < 0 ? rates[steepest] : .nan
  }
}

extension Trainer {
  /// Tests learning rates from `low` to `high` in equal ratios, with one step at each rate, on a copy of the present iterate; this trainer and its network stay as they are.
  ///
  /// The test ends early if the loss is not finite or exceeds four times its least value. A batch whose loss is not finite at the present parameters either is an error. Source: Smith 2017, §3.3, with rates in equal ratios.
  /// - Parameters:
  ///   - low, high: 0 < low < high.
  ///   - steps: 2 … 100 000.
  /// - Throws: `outOfRange`; `incompatible` for an optimizer without a learning rate; `notFinite` naming a row without a result; what `run` throws for options and data.
  /// - Complexity: that of as many steps of training.
  package func findLearningRate(training: Dataset, low: Double, high: Double, steps: Int) throws(Failure) -> LearningRateCurve {
    guard low > 0, high > low, high.isFinite else { throw Failure(.outOfRange, "low is \(low) and high \(high); they must be finite with 0 < low < high") }
    guard (2...100_000).contains(steps) else { throw Failure(.outOfRange, "steps is \(steps); it must be between 2 and 100000") }
    let settings = try TrainerOptions(options)
    guard settings.optimizer is any GradientOptimizer else {
      let names = optimizers.entries.filter { $0.entry is any GradientOptimizer.Type }.map(\.name).joined(separator: ", ")
      throw Failure(.incompatible, "optimizer is '\(settings.optimizerName)', which finds its step lengths itself; learning rates are those of \(names)")
    }
    let snapshot = network.snapshot
    defer { withExtendedLifetime(snapshot) {} }
    let present = isAssigned ? snapshot.parameters : memory?.iterate.parameters ?? snapshot.parameters
    let start = try ParameterSnapshot(copying: present, scaling: snapshot.scaling, isInitial: snapshot.isInitial)
    let copy = Trainer(try Network(network.plan, start), like: self)
    try copy.set("patience", .integer(0))
    // The test has no validation, and so needs no metric.
    copy.missing.metric = nil
    let run = try TrainingRun(copy, training: .dataset(training), validation: nil, limits: TrainingLimits(watch: .current))
    let rates = (0..<steps).map { $0 == 0 ? low : $0 == steps - 1 ? high : exp2(log2(low) + (log2(high) - log2(low)) * Double($0) / Double(steps - 1)) }
    return LearningRateCurve(rates: rates, losses: try run.losses(atRates: rates))
  }
}

extension TrainingRun {
  /// The loss before the step at each rate; NaN once the loss is not finite or exceeds four times its least value.
  fileprivate func losses(atRates rates: [Double]) throws(Failure) -> [Double] {
    var (losses, least) = ([Double](repeating: .nan, count: rates.count), Double.infinity)
    try orderSamples()
    for (index, next) in rates.enumerated() {
      if trainer.state.position >= trainingCount {
        trainer.state.finishEpoch()
        try orderSamples()
      }
      rate = next
      do throws(Failure) {
        try step()
      } catch {
        // Before the first step, the rate cannot be the cause; nor is it if the batch fails before all steps too.
        guard error.status == .notFinite, index > 0 else { throw error }
        if let fault = faultOfData {
          throw Failure(.notFinite, "no rate can be tested with this training data: with the present parameters, too, \(fault.message); its features or targets are too large")
        }
        break
      }
      guard let loss = objective.atStart?.meanLoss, loss.isFinite, loss <= 4 * least else { break }
      losses[index] = loss
      least = min(least, loss)
    }
    return losses
  }
}
