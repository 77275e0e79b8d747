import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct LossWeightingTests {
  private func run(_ batch: BatchCase, _ weighting: LossWeighting, threads: Int, divisor: Double? = nil) throws -> (result: BatchResult, gradient: [UInt64], values: [Double]) {
    let plan = batch.network.plan
    let sweep = try Sweep(plan, batch: batch.samples, derivative: true, threads: threads)
    let pool = try WorkerPool(threads: sweep.threads)
    let gradient = try Numbers(plan.parameterCount, plan.precision)
    let snapshot = batch.network.snapshot
    return try withExtendedLifetime((snapshot, sweep, pool)) {
      try batch.labels.withUnsafeBufferPointer { labels in
        let result = try sweep.lossGradient(
          snapshot.parameters, BatchSource(features: batch.view, normalization: nil), .labels(try #require(labels.baseAddress)), weighting: weighting,
          divisor: divisor, count: batch.samples, gradient: gradient.vector, pool: pool)
        return (result, gradient.bits, gradient.values)
      }
    }
  }

  /// The result is Σ w l / Σ w over the losses and gradients of single samples, with the same bits for any number of threads.
  @Test func isTheWeightedMeanOfSingleSamples() throws {
    let batch = try BatchCase(try network(#"{"inputs": 3, "outputs": 4, "width": 5, "precision": "float64", "seed": 3}"#), samples: 300)
    let samples = try Numbers((0..<300).map { Double($0 % 5) / 2 }, .float64)
    let classes = try Numbers([1, 0.25, 3, 2], .float64)
    let weighting = LossWeighting(samples: samples.vector, classes: classes.vector)
    let one = try run(batch, weighting, threads: 1)
    for threads in [2, 3] {
      let several = try run(batch, weighting, threads: threads)
      #expect(several.result == one.result && several.gradient == one.gradient)
    }
    var (loss, total) = (0.0, 0.0)
    var gradient = [Double](repeating: 0, count: one.values.count)
    for index in 0..<300 {
      let single = try batch.lossGradient(range: index..<index + 1)
      let weight = samples[index] * classes[Int(batch.labels[index])]
      loss += weight * single.result.lossSum
      total += weight
      for (place, value) in (single.gradient?.values ?? []).enumerated() { gradient[place] += weight * value }
    }
    // Sums of 300 numbers of magnitude 1, in another order.
    #expect(abs(one.result.meanLoss - loss / total) < 1e-13 && abs(one.result.weight - total) < 1e-12)
    #expect(zip(one.values, gradient).allSatisfy { abs($0 - $1 / total) < 1e-13 })
  }

  @Test func equalWeightsAreThePlainMean() throws {
    let batch = try BatchCase(try network(#"{"inputs": 3, "outputs": 4, "width": 5, "precision": "float64", "seed": 3}"#), samples: 100)
    let (plain, _) = try batch.lossGradient()
    let weighted = try run(batch, LossWeighting(samples: try Numbers(Array(repeating: 8.0, count: 100), .float64).vector), threads: 1)
    #expect(weighted.result.meanLoss == plain.meanLoss && weighted.result.correct == plain.correct)
    #expect(plain.weight == 100)
    // An explicit divisor, for a part of a larger batch.
    let part = try run(batch, LossWeighting(), threads: 1, divisor: 400)
    let whole = try run(batch, LossWeighting(), threads: 1)
    #expect(zip(part.values, whole.values).allSatisfy { 4 * $0 == $1 || abs(4 * $0 - $1) < 1e-15 })
  }

  @Test func weightsOfZeroGiveNothing() throws {
    let batch = try BatchCase(try network(#"{"inputs": 3, "outputs": 4, "width": 5, "precision": "float64", "seed": 3}"#), samples: 20)
    let found = try run(batch, LossWeighting(samples: try Numbers(Array(repeating: 0.0, count: 20), .float64).vector), threads: 1)
    #expect(found.result.meanLoss == 0 && found.values.allSatisfy { $0 == 0 })
  }
}
