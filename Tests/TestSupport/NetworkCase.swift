import Gradients
import LinearAlgebra
import Networks
import Settings

/// A network made from JSON text.
package func network(_ json: String) throws -> Network { try Network(try specification(json)) }

package func specification(_ json: String) throws -> NetworkSpecification { try NetworkSpecification(json: try JSON.read(json, limit: 1 << 20)) }

/// The failure that `body` throws; nil if it throws none.
package func refusal(_ body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch { return error as? Failure ?? Failure(.internal, "\(error)") }
}

/// Whether `body` succeeds: false if it refuses options that cannot be combined, the status `incompatible`. Any other failure is thrown.
package func isAccepted(_ body: () throws -> Void) throws -> Bool {
  guard let failure = refusal(body) else { return true }
  guard failure.status == .incompatible else { throw failure }
  return false
}

/// The answer of `body`, for lists of test cases, which cannot throw: a failure ends the tests with its message.
package func isCertain(_ body: () throws -> Bool) -> Bool {
  do { return try body() } catch { preconditionFailure("\(error)") }
}

extension Loss {
  /// Moves numbers into the bounds of the loss's targets.
  package func keepTargets(_ values: Numbers) {
    guard let bounds = targetBounds else { return }
    for index in 0..<values.count { values[index] = min(max(values[index], bounds.lowerBound), bounds.upperBound) }
  }
}

extension NetworkPlan {
  /// Labels of `samples` samples for tests. Where there are outputs at every step, each step has one, but some have none, and the last sample has none at all.
  package func testLabels(samples: Int, factor: Int) -> [Int32] {
    let count = samples * (steps ?? 1)
    return (0..<count).map { place in
      let isMissing = steps.map { place % 4 == 2 || (samples > 1 && place >= count - $0) } ?? false
      return isMissing ? -1 : Int32(place * factor % max(classes, 1))
    }
  }

  /// Makes some of the target values of tests NaN where there are outputs at every step: single ones, and whole steps.
  package func hideSome(_ values: Numbers) {
    guard steps != nil else { return }
    for place in 0..<values.count where place % 7 == 3 || place / targetsOfStep % 5 == 4 { values[place] = .nan }
  }

  /// Targets of tests.
  package func testTargets(_ labels: UnsafePointer<Int32>, _ values: TensorView) -> Targets {
    let own = steps.map { TargetSteps($0) }
    return loss.targetKind == .labels ? .labels(labels, steps: own) : .values(values, steps: own)
  }
}

/// A batch of normally distributed samples with labels or values, and its losses and gradients for any number of threads and any parameters.
package final class BatchCase {
  package let network: Network
  package let samples: Int
  package let features: Numbers
  package let labels: [Int32]
  package let values: Numbers

  package init(_ network: Network, samples: Int, seed: UInt64 = 60) throws {
    self.network = network
    self.samples = samples
    let plan = network.plan
    features = try Numbers.normal(samples * plan.inputs, plan.precision, seed: seed)
    labels = plan.testLabels(samples: samples, factor: 7)
    values = try Numbers.normal(samples * plan.targetCount, plan.precision, seed: seed + 1)
    plan.loss.keepTargets(values)
    plan.hideSome(values)
  }

  package var view: TensorView { features.view(rows: samples, columns: network.plan.inputs) }

  /// The result of a range of the samples and the gradient of its mean loss; the gradient is nil without `derivative`. If `asked` is false, the sweep could
  /// compute a gradient, but the call does not request it.
  package func lossGradient(
    threads: Int = 1, range: Range<Int>? = nil, mode: SampleMode = .training, derivative: Bool = true, asked: Bool = true, batch: Int? = nil,
    draws: Draws? = nil, memory: (any MemoryPolicy)? = nil
  ) throws -> (result: BatchResult, gradient: Numbers?) {
    let range = range ?? 0..<samples
    let plan = network.plan
    let sweep = try Sweep(plan, batch: batch ?? range.count, derivative: derivative, memory: memory, threads: threads)
    let gradient = derivative && asked ? try Numbers(plan.parameterCount, plan.precision) : nil
    let pool = try WorkerPool(threads: sweep.threads)
    let snapshot = network.snapshot
    let result = try withExtendedLifetime((snapshot, sweep, pool)) {
      try labels.withUnsafeBufferPointer { labels -> BatchResult in
        guard let labels = labels.baseAddress else { return BatchResult() }
        let targets = plan.testTargets(labels + range.lowerBound * (plan.steps ?? 1), values.view(rows: samples, columns: plan.targetCount).rows(range))
        return try sweep.lossGradient(
          snapshot.parameters, BatchSource(features: view.rows(range), normalization: snapshot.normalization), targets, mode: mode, count: range.count,
          gradient: gradient?.vector, draws: draws, pool: pool)
      }
    }
    return (result, gradient)
  }

  /// Predictions for a range of the samples in one run.
  package func predict(_ kind: PredictionKind = .scores, range: Range<Int>? = nil, maximumBatch: Int? = nil, threads: Int = 1) throws -> Numbers {
    let range = range ?? 0..<samples
    let plan = network.plan
    let columns = kind == .classes ? plan.classColumns : plan.scoreCount
    let out = try Numbers(range.count * columns, plan.precision)
    let predictor = try Predictor(network, maximumBatch: maximumBatch ?? range.count, threads: threads)
    let pool = predictor.threads > 1 ? try WorkerPool(threads: predictor.threads) : nil
    try withExtendedLifetime((predictor, pool)) {
      try predictor.run(view.rows(range), kind, into: out.target(rows: range.count, columns: columns), pool: pool)
    }
    return out
  }
}
