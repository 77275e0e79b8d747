import LinearAlgebra
import Networks
import TestSupport
import Testing

@Suite struct SampleModeTests {
  /// In evaluation each sample's loss is its own; in training it depends on the batch.
  @Test func evaluationTreatsSamplesApart() throws {
    let network = try network(#"{"input_shape": [2, 3, 3], "outputs": 3, "precision": "float64", "seed": 3, "blocks": [{"field": "pre_activation", "operator": "convolution", "layers": 2}]}"#)
    let batch = try BatchCase(network, samples: 20)
    func loss(_ range: Range<Int>, _ mode: SampleMode) throws -> Double {
      let sweep = try Sweep(network.plan, batch: 20, derivative: true, threads: 1)
      let snapshot = network.snapshot
      let pool = try WorkerPool(threads: 1)
      return try withExtendedLifetime((snapshot, sweep, pool)) {
        try Array(batch.labels[range]).withUnsafeBufferPointer { labels in
          try sweep.lossGradient(
            snapshot.parameters, BatchSource(features: batch.view.rows(range), normalization: nil), .labels(try #require(labels.baseAddress)), mode: mode, count: range.count,
            gradient: nil, pool: pool).lossSum
        }
      }
    }
    let parts = try loss(0..<7, .evaluation) + loss(7..<20, .evaluation)
    #expect(abs(try loss(0..<20, .evaluation) - parts) < 1e-13 * parts)
    #expect(abs(try loss(0..<20, .training) - loss(0..<7, .training) - loss(7..<20, .training)) > 1e-3)
  }
}
