import Glibc
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct SteppedLossTests {
  private static func network(_ loss: String, outputs: Int = 2, steps: Int = 4, rest: String = "") throws -> Network {
    try TestSupport.network(
      #"{"opening": "sequence", "inputs": \#(steps), "outputs": \#(outputs), "width": 5, "layers": \#(steps), "field": "antisymmetric_rnn", "outputs_at": "steps", "loss": "\#(loss)", "precision": "float64", "seed": 2\#(rest)}"#)
  }

  /// The mean over all observed steps, with the weights of samples and classes, is that of the formula.
  @Test func classesCountOnceForEachObservedStep() throws {
    let (own, samples, steps) = (try Self.network("softmax_cross_entropy", outputs: 3), 5, 4)
    let batch = try BatchCase(own, samples: samples)
    let scores = try batch.predict().values
    let labels: [Int32] = (0..<samples * steps).map { [0, 2, -1, 1, 1][$0 % 5] }
    let (weights, classes) = (try Numbers([1, 0, 2, 0.5, 3], .float64), try Numbers([1, 4, 0.25], .float64))
    for weighting in [LossWeighting(), LossWeighting(samples: weights.vector), LossWeighting(samples: weights.vector, classes: classes.vector), LossWeighting(classes: classes.vector)] {
      var (sum, total, labeled) = (0.0, 0.0, 0)
      for place in labels.indices where labels[place] >= 0 {
        let own = Array(scores[3 * place..<3 * place + 3])
        let weight = (weighting.samples?.load(place / steps) ?? 1) * (weighting.classes?.load(Int(labels[place])) ?? 1)
        let top = own.max() ?? 0
        sum += weight * (log(own.reduce(0) { $0 + exp($1 - top) }) + top - own[Int(labels[place])])
        total += weight
        labeled += 1
      }
      let sweep = try Sweep(own.plan, batch: samples, derivative: false, threads: 1)
      let snapshot = own.snapshot
      let result = try labels.withUnsafeBufferPointer { labels in
        try sweep.lossGradient(
          snapshot.parameters, BatchSource(features: batch.view, normalization: nil), .labels(try #require(labels.baseAddress), steps: TargetSteps(steps)), weighting: weighting, count: samples, gradient: nil,
          pool: try WorkerPool(threads: 1))
      }
      #expect(abs(result.meanLoss - sum / total) < 1e-14 && abs(result.weight - total) < 1e-13 && result.labeled == labeled && result.count == samples)
      withExtendedLifetime(snapshot) {}
    }
  }

  /// A batch without any observed step has the loss 0 and a gradient of zeros.
  @Test func nothingObservedCostsNothing() throws {
    let own = try Self.network("least_squares")
    let batch = try BatchCase(own, samples: 3)
    for index in 0..<batch.values.count { batch.values[index] = .nan }
    let (result, gradient) = try batch.lossGradient()
    #expect(result.meanLoss == 0 && result.weight == 0 && gradient?.values.allSatisfy { $0 == 0 } == true)
  }

  /// Numbers that are not observed add nothing to any loss of values: changing the score there changes nothing, and the divisor counts the steps with some number.
  @Test(arguments: ["least_squares", "huber", "quantile", "poisson", "multilabel_logistic"]) func missingNumbersAddNothing(_ loss: String) throws {
    let own = try Self.network(loss)
    let batch = try BatchCase(own, samples: 17)
    let plain = try batch.lossGradient().result
    let scores = try batch.predict().values
    let single = try losses.standard(loss)
    var (sum, observed) = (0.0, 0)
    for step in 0..<17 * 4 {
      let targets = (0..<2).map { batch.values[2 * step + $0] }
      if targets.contains(where: { !$0.isNaN }) { observed += 1 }
      for output in 0..<2 where !targets[output].isNaN {
        let (score, target) = (try Numbers([scores[2 * step + output]], .float64), try Numbers([targets[output]], .float64))
        var (label, correct) = (Int32(0), 0)
        sum += withUnsafeMutablePointer(to: &label) {
          single.evaluate(
            scores: score.block(rows: 1, columns: 1), targets: TileTargets(labels: $0, values: target.block(rows: 1, columns: 1)), count: 1, scale: 0, gradient: nil, correct: &correct)
        }
      }
    }
    #expect(abs(plain.lossSum - sum) < 1e-12 * max(sum, 1) && plain.weight == Double(observed) && observed < 17 * 4)
  }

  /// Targets are scaled by one shift and scale for each output, whatever the step, and the caller's loss is that of the unscaled numbers.
  @Test func targetsOfAllStepsHaveOneScale() throws {
    let own = try Self.network("least_squares")
    let batch = try BatchCase(own, samples: 6)
    let plain = try batch.predict().values
    let (shift, scale) = (try Numbers([10, -1], .float64), try Numbers([2, 0.5], .float64))
    own.replaceTargetScaling(with: try TargetScaling(shift: shift.view(rows: 1, columns: 2), scale: scale.view(rows: 1, columns: 2), for: own.plan))
    let scaled = try batch.predict().values
    for place in plain.indices { #expect(abs(scaled[place] - (shift[place % 2] + scale[place % 2] * plain[place])) < 1e-14 * 20) }
  }
}
