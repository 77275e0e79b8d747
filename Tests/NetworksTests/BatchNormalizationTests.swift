import Gradients
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct BatchNormalizationTests {
  /// A normalization between two blocks, and two in each layer of the second, on images of 2 × 3 × 4 or lists of features.
  private static func network(_ together: Int, _ precision: Precision = .float64, pixels: String = "3, 4", memory: String = "store_all") throws -> NetworkSpecification {
    try specification(
      #"{"input_shape": [2, \#(pixels)], "outputs": 4, "precision": "\#(precision.name)", "seed": 5, "memory": "\#(memory)", "normalization_batch": \#(together), "field": "pre_activation", "blocks": [{"connector": "normalization", "normalization_batch": \#(together), "normalization_momentum": 0.25}, {"operator": "convolution", "layers": 3, "horizon": 0.5}]}"#)
  }

  /// Groups of so many samples are batches of their own: losses add up, and the gradient is the mean of theirs, weighted by samples. The last group may be smaller.
  @Test(arguments: [16, 32], [48, 40, 33]) func groupsAreBatchesOfTheirOwn(_ together: Int, _ samples: Int) throws {
    let grouped = try BatchCase(try Network(try Self.network(together)), samples: samples)
    let whole = try BatchCase(try Network(try Self.network(0)), samples: samples)
    let one = try grouped.lossGradient()
    let gradient = try #require(one.gradient)
    var (loss, sum) = (0.0, Array(repeating: 0.0, count: gradient.count))
    for start in stride(from: 0, to: samples, by: together) {
      let part = try whole.lossGradient(range: start..<min(start + together, samples))
      loss += part.result.lossSum
      let share = Double(part.result.count) / Double(samples)
      for (index, value) in try #require(part.gradient).values.enumerated() { sum[index] += share * value }
    }
    #expect(abs(one.result.lossSum - loss) < 1e-12 * loss)
    #expect(largestDifference(gradient.values, sum) < 1e-13)
    #expect(abs(try whole.lossGradient().result.lossSum - loss) > 1e-6 || samples <= together, "another function than that of the whole batch")
  }

  /// A batch that is not larger than a group has the bits of the whole batch.
  @Test func oneGroupIsTheWholeBatch() throws {
    for samples in [1, 15, 16] {
      let (grouped, whole) = (try BatchCase(try Network(try Self.network(16)), samples: samples), try BatchCase(try Network(try Self.network(0)), samples: samples))
      #expect(try grouped.lossGradient().gradient?.bits == whole.lossGradient().gradient?.bits)
    }
  }

  @Test(arguments: Precision.allCases, [16, 128]) func bitsDependOnTheProblemAlone(_ precision: Precision, _ together: Int) throws {
    for samples in [37, 150, 300] {
      let batch = try BatchCase(try Network(try Self.network(together, precision)), samples: samples)
      let one = try batch.lossGradient()
      for threads in [2, 3] {
        let several = try batch.lossGradient(threads: threads)
        #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits)
      }
      #expect(try batch.lossGradient(batch: 1000).gradient?.bits == one.gradient?.bits)
      #expect(try batch.lossGradient(memory: StoreEvery(2)).gradient?.bits == one.gradient?.bits)
      #expect(try batch.lossGradient(memory: try memoryPolicies.standard("binomial")).gradient?.bits == one.gradient?.bits)
    }
  }

  @Test(arguments: Precision.allCases, [19, 40]) func derivativesAreExact(_ precision: Precision, _ samples: Int) throws {
    let example = try DerivativeCase(try Self.network(16, precision), samples: samples)
    let (order, defect) = (try example.taylorOrder(directions: 3), try example.adjointDefect())
    #expect(order > 1.9, "order \(order)")
    #expect(defect < (precision == .float64 ? 1e-12 : 1e-5), "defect \(defect)")
  }

  /// Evaluation takes running averages, whatever the groups.
  @Test func evaluationKnowsNoGroups() throws {
    let (grouped, whole) = (try BatchCase(try Network(try Self.network(16)), samples: 50), try BatchCase(try Network(try Self.network(0)), samples: 50))
    #expect(try grouped.predict().bits == whole.predict().bits)
    #expect(try grouped.lossGradient(mode: .evaluation).result == whole.lossGradient(mode: .evaluation).result)
  }

  /// The averages after one training step of `batch` on copies of its network's parameters.
  private func averages(_ batch: BatchCase, threads: Int) throws -> Numbers {
    let plan = batch.network.plan
    let parameters = try Numbers(plan.parameterCount, plan.precision)
    copy(batch.network.snapshot.parameters, into: parameters.vector)
    let sweep = try Sweep(plan, batch: batch.samples, derivative: true, threads: threads)
    let pool = try WorkerPool(threads: sweep.threads)
    try batch.labels.withUnsafeBufferPointer { labels in
      _ = try sweep.lossGradient(
        parameters.vector, BatchSource(features: batch.view, normalization: nil), .labels(try #require(labels.baseAddress)), count: batch.samples, gradient: nil, pool: pool)
    }
    sweep.keepStatistics()
    sweep.updateStatistics(of: parameters.vector)
    withExtendedLifetime((sweep, pool)) {}
    return parameters
  }

  /// Running averages move towards the mean of the groups' statistics, in which a group counts by its samples; the same bits for any number of threads.
  @Test func runningAveragesAreThoseOfTheGroups() throws {
    let batch = try BatchCase(try Network(try Self.network(16)), samples: 200)
    let moved = try averages(batch, threads: 1)
    for threads in [2, 3] { #expect(try averages(batch, threads: threads).bits == moved.bits) }
    let first = try #require(batch.network.plan.batchNormalizations.first)
    for channel in 0..<2 {
      var (mean, variance) = (0.0, 0.0)
      for start in stride(from: 0, to: 200, by: 16) {
        let group = start..<min(start + 16, 200)
        let numbers = group.flatMap { sample in (0..<12).map { batch.features[24 * sample + 12 * channel + $0] } }
        let m = numbers.reduce(0, +) / Double(numbers.count)
        mean += Double(group.count) / 200 * m
        variance += Double(group.count) / 200 * numbers.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(numbers.count - 1)
      }
      #expect(abs(moved[first.range.lowerBound + 4 + channel] - 0.25 * mean) < 1e-14)
      #expect(abs(moved[first.range.lowerBound + 6 + channel] - (0.75 + 0.25 * variance)) < 1e-14)
    }
  }

  /// Layers that share a normalization move its averages once a step, towards the mean of their statistics.
  @Test func sharedLayersMoveTheMeanOfTheirStatistics() throws {
    func network(_ sharing: String) throws -> Network {
      try Network(try specification(
        #"{"input_shape": [2, 3, 4], "outputs": 4, "precision": "float64", "seed": 5, "blocks": [{"field": "pre_activation", "operator": "convolution", "layers": 3, "horizon": 1.5, "normalization_momentum": 0.25\#(sharing)}]}"#))
    }
    let shared = try BatchCase(try network(#", "weights_in_time": "shared""#), samples: 20)
    let layered = try BatchCase(try network(""), samples: 20)
    // The same weights in every layer.
    let values = shared.network.snapshot.parameters
    let all = try Numbers(layered.network.plan.parameterCount, .float64)
    for (tensor, one) in zip(layered.network.plan.tensors, shared.network.plan.tensors) {
      let copies = tensor.range.count / one.range.count
      for index in 0..<tensor.range.count { all[tensor.range.lowerBound + index] = values.load(one.range.lowerBound + index % one.range.count) }
      #expect(copies == (tensor.block == nil ? 1 : 3))
    }
    try layered.network.replaceParameters(with: all.vector)
    let (together, apart) = (try averages(shared, threads: 1), try averages(layered, threads: 1))
    let (one, three) = (shared.network.plan.batchNormalizations, layered.network.plan.batchNormalizations)
    #expect(one.count == 2 && three.count == 6)
    for (number, each) in one.enumerated() {
      for index in 2 * each.channels..<4 * each.channels {
        let mean = (0..<3).reduce(0.0) { $0 + apart[three[3 * number + $1].range.lowerBound + index] / 3 }
        #expect(abs(together[each.range.lowerBound + index] - mean) < 1e-14)
      }
    }
  }

  /// Tiles of groups need scratch memory for the workers alone, where those that meet need it for all tiles.
  @Test func memoryIsThatOfTheWorkers() throws {
    func plan(_ together: Int) throws -> MemoryPlan { try MemoryPlan(try NetworkPlan(try Self.network(together)), batch: 128, threads: 2) }
    let (grouped, whole) = (try plan(16), try plan(0))
    #expect(grouped.tileColumns == 16 && grouped.workers == 2 && grouped.tapeBytes * 4 == whole.tapeBytes)
    #expect(try plan(64).tileColumns == 64)
  }

  @Test func whatCannotBeNormalizedIsRefused() throws {
    let size = refusal { _ = try NetworkPlan(try Self.network(20)) }
    #expect(size?.status == .outOfRange && size?.message.contains("normalization_batch is 20; it must be a multiple of 16, or 0 for the whole batch") == true)
    let mixed = refusal {
      _ = try NetworkPlan(try specification(
        #"{"input_shape": [2, 3, 4], "outputs": 4, "blocks": [{"connector": "normalization", "normalization_batch": 16}, {"field": "pre_activation", "operator": "convolution"}]}"#))
    }
    #expect(mixed?.status == .incompatible && mixed?.message.contains("normalization_batch is 16 for connectors.0.n and 0 for blocks.0.n1") == true, "\(mixed?.message ?? "taken")")
  }

  /// A single number is nothing to take a variance of: one sample of one pixel, or a last group of it, is refused in training and has a result in evaluation.
  @Test func aSingleNumberIsNotNormalized() throws {
    for (together, samples, text) in [
      (0, 1, "a training batch of 1 sample has a single number for each channel of connectors.0.n"),
      (16, 1, "a training batch of 1 sample has a single number"), (16, 17, "a training batch of 17 samples, whose last group for normalization_batch 16 is 1 sample, has a single number"),
    ] {
      let batch = try BatchCase(try Network(try Self.network(together, pixels: "1, 1")), samples: samples)
      for body in [{ _ = try batch.lossGradient() }, { _ = try batch.lossGradient(asked: false) }, { _ = try DerivativeCase(batch.network.plan.specification, samples: samples).adjointDefect() }] as [() throws -> Void] {
        let found = refusal(body)
        #expect(found?.status == .incompatible && found?.message.contains(text) == true, "\(found?.message ?? "taken")")
      }
      #expect(try batch.lossGradient(mode: .evaluation).result.lossSum.isFinite)
      #expect(try batch.predict().values.allSatisfy(\.isFinite))
    }
    // One sample of several pixels is normalized over these, and two samples of one pixel over both.
    for (pixels, samples) in [("3, 4", 1), ("1, 1", 2), ("1, 1", 18)] {
      #expect(try BatchCase(try Network(try Self.network(16, pixels: pixels)), samples: samples).lossGradient().result.lossSum.isFinite)
    }
  }
}
