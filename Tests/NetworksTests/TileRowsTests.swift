import Gradients
import LinearAlgebra
import Networks
import TestSupport
import Testing

/// Tests the layout of a tile's memory through the sweeps that use it.
@Suite struct TileRowsTests {
  /// Stages that change the shape, stand directly behind one another, draw numbers, or are blocks of several states.
  private static let networks = [
    #"{"architecture": "lm_resnet_14", "input_shape": [3, 8, 8], "outputs": 4, "seed": 5}"#,
    #"{"input_shape": [2, 6, 6], "outputs": 3, "seed": 5, "blocks": [{"connector": "residual", "channels": 4, "stride": 2, "activation": "tanh", "normalization": "instance"}, {"field": "antisymmetric", "operator": "convolution", "layers": 6, "integrator": "leapfrog"}, {"connector": "average_pooling"}, {"connector": "convolution", "channels": 5}, {"field": "hamiltonian", "operator": "convolution", "integrator": "verlet", "layers": 4}, {"field": "dense", "operator": "convolution", "integrator": "rk4", "layers": 3}, {"connector": "global_average"}]}"#,
    #"{"inputs": 5, "outputs": 3, "width": 40, "opening": "dense", "seed": 5, "blocks": [{"field": "dense", "layers": 2, "integrator": "dopri5"}, {"field": "antisymmetric", "layers": 9}]}"#,
    #"{"inputs": 7, "outputs": 7, "seed": 5, "loss": "least_squares", "readout": "identity", "blocks": [{"field": "dense", "integrator": "midpoint", "layers": 5}, {"field": "antisymmetric", "layers": 3}]}"#,
  ]

  /// The mean loss's gradient by a sweep that has run another batch before, whose numbers still fill its memory.
  private func gradient(_ batch: BatchCase, after other: BatchCase?, features: Bool, memory: (any MemoryPolicy)?, threads: Int) throws -> Numbers {
    let plan = batch.network.plan
    let sweep = try Sweep(plan, batch: batch.samples, derivative: true, features: features, memory: memory, threads: threads)
    let pool = try WorkerPool(threads: sweep.threads)
    let (gradient, snapshot) = (try Numbers(plan.parameterCount, plan.precision), batch.network.snapshot)
    for each in [other, batch].compactMap({ $0 }) {
      try each.labels.withUnsafeBufferPointer { labels in
        guard let labels = labels.baseAddress else { return }
        let targets: Targets = plan.loss.targetKind == .labels ? .labels(labels) : .values(each.values.view(rows: each.samples, columns: plan.targetCount))
        // A batch that fails leaves numbers that are not finite.
        do { _ = try sweep.lossGradient(snapshot.parameters, BatchSource(features: each.view, normalization: snapshot.normalization), targets, count: each.samples, gradient: gradient.vector, pool: pool) } catch { if each === batch { throw error } }
      }
    }
    return gradient
  }

  /// Policies have tapes, and so scratch memory and cotangents, at different places. If parts that are in use at the same time shared rows, the gradients would differ. What an earlier batch left in the memory has no influence.
  @Test(arguments: networks) func partsInUseShareNoRows(_ json: String) throws {
    for samples in [1, 33] {
      let batch = try BatchCase(try network(json), samples: samples)
      guard samples > 1 || batch.network.plan.batchNormalizations.isEmpty else { continue }
      let stored = try gradient(batch, after: nil, features: true, memory: StoreAll(), threads: 1)
      #expect(stored.values.allSatisfy(\.isFinite) && norm(stored.values) > 0)
      let huge = try BatchCase(batch.network, samples: samples, seed: 7)
      scale(1e30, huge.features.vector)
      for features in [true, false] {
        for threads in [1, 2] {
          for memory in try [StoreAll(), StoreEvery(1), StoreEvery(2), Binomial(checkpoints: 1), Binomial(checkpoints: 3)] as [any MemoryPolicy] {
            let found = try gradient(batch, after: huge, features: features, memory: memory, threads: threads)
            #expect(found.bits == stored.bits, "\(samples) samples, \(memory.name)")
          }
        }
      }
    }
  }

  /// Cotangents and scratch memory lie where later stages have theirs: of LM-ResNet-20 on 32 × 32 images, all memory besides the tapes is less than two thirds of these.
  @Test func cotangentsLieInTheMemoryOfLaterStages() throws {
    let plan = try NetworkPlan(try specification(#"{"architecture": "lm_resnet_20", "input_shape": [3, 32, 32], "outputs": 10}"#))
    let report = try MemoryPlan(plan, batch: 64, threads: 1)
    let sweep = try Sweep(plan, batch: 64, derivative: true, threads: 1)
    #expect(report.scratchBytes == sweep.byteCount + 4 * plan.parameterCount)
    #expect(report.scratchBytes < report.tapeBytes * 5 / 3, "\(report.scratchBytes) of \(report.tapeBytes)")
  }

  /// The memory is no smaller than what a stage keeps, its scratch memory and its cotangents: one block of Euler's method has 6 states and 5 records, one cotangent, and a copy of it.
  @Test func aBlockHasRoomForAllOfIts() throws {
    let plan = try NetworkPlan(try specification(#"{"inputs": 32, "outputs": 32, "readout": "identity", "loss": "least_squares", "field": "dense", "layers": 5, "weights_in_time": "shared"}"#))
    let sweep = try Sweep(plan, batch: 64, derivative: true, threads: 1)
    // Beside the memory of the stages: scores, their cotangent and targets.
    #expect(sweep.byteCount >= 4 * 64 * (6 * 32 + 5 * 32 + 32 + 32 + 3 * 32))
  }
}
