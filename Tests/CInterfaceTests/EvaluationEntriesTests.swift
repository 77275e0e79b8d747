import CStableODE
import Testing

struct EvaluationEntriesTests {
  /// With a readout of zeros every class is as likely: the mean loss is log 3.
  @Test func zerosGiveTheLogarithm() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var zeros = [Float](repeating: 0, count: network.parameters.count)
    withTensor(&zeros, [zeros.count]) { #expect(sode_network_set_parameters(network.handle, $0) == SODE_OK) }
    var result = sode_evaluation()
    #expect(sode_network_evaluate(network.handle, dataset.handle, 1, &result) == SODE_ERR_INVALID_ARGUMENT)
    result.struct_size = UInt32(MemoryLayout<sode_evaluation>.size)
    for threads: Int64 in [0, 1, 2] {
      #expect(sode_network_evaluate(network.handle, dataset.handle, threads, &result) == SODE_OK)
      #expect(result.samples == 6)
      #expect(abs(result.loss - 1.0986122886681098) < 1e-6)  // log 3; float32 sums
      #expect(abs(result.accuracy - 1.0 / 3) < 1e-12)  // the first class of equals, right for two of six
    }
  }

  @Test func labelsBeyondTheNetworkAreNamed() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset(labels: [0, 1, 3])
    var result = sode_evaluation()
    result.struct_size = UInt32(MemoryLayout<sode_evaluation>.size)
    #expect(sode_network_evaluate(network.handle, dataset.handle, 1, &result) == SODE_ERR_INVALID_DATA)
    #expect(lastError().contains("label 3 at row 2"))
  }
}
