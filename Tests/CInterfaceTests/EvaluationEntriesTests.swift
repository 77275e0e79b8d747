import CStableODE
import Testing

struct EvaluationEntriesTests {
  /// With a readout of zeros all classes are equally likely, so the mean loss is log 3.
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
      #expect(abs(result.accuracy - 1.0 / 3) < 1e-12)  // equal scores mean the first class, which is right for two of six
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

struct MetricEntriesTests {
  /// A network of zeros predicts class 0 for every sample: two of six are right, the recalls are 1, 0, 0, and all probabilities are 1/3.
  @Test func metricsConfusionAndFiguresOfZeros() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var zeros = [Float](repeating: 0, count: network.parameters.count)
    withTensor(&zeros, [zeros.count]) { #expect(sode_network_set_parameters(network.handle, $0) == SODE_OK) }
    var values = [Double](repeating: 0, count: 4)
    withTensor(&values, [4]) { #expect(sode_network_metrics(network.handle, dataset.handle, 1, "accuracy, auc,balanced_accuracy ,brier_score", $0) == SODE_OK) }
    #expect(abs(values[0] - 1.0 / 3) < 1e-15 && values[1] == 0.5 && abs(values[2] - 1.0 / 3) < 1e-15)
    #expect(abs(values[3] - 2.0 / 3) < 1e-15)  // (2/3)² + 2·(1/3)²
    var counts = [Int64](repeating: 9, count: 9)
    withTensor(&counts, [3, 3]) { #expect(sode_network_confusion(network.handle, dataset.handle, 1, $0) == SODE_OK) }
    #expect(counts == [2, 0, 0, 2, 0, 0, 2, 0, 0])
    var figures = [Double](repeating: 9, count: 12)
    withTensor(&figures, [3, 4]) { #expect(sode_network_class_figures(network.handle, dataset.handle, 1, $0) == SODE_OK) }
    #expect(Array(figures[0..<4]) == [1.0 / 3, 1, 0.5, 2] && figures[4].isNaN && Array(figures[5..<8]) == [0, 0, 2])
  }

  @Test func errorsNameWhatIsWrong() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var values = [Double](repeating: 0, count: 1)
    withTensor(&values, [1]) {
      #expect(sode_network_metrics(network.handle, dataset.handle, 1, "acuracy", $0) == SODE_ERR_UNKNOWN_NAME)
      #expect(lastError().contains("accuracy"))
      #expect(sode_network_metrics(network.handle, dataset.handle, 1, "r2", $0) == SODE_ERR_INCOMPATIBLE)
      #expect(sode_network_metrics(network.handle, dataset.handle, 1, "", $0) == SODE_ERR_INVALID_ARGUMENT)
      for (names, place) in [("auc,", 1), (",auc", 0), ("accuracy,,auc", 1), ("auc, ", 1)] {
        #expect(sode_network_metrics(network.handle, dataset.handle, 1, names, $0) == SODE_ERR_INVALID_ARGUMENT)
        #expect(lastError().contains("an empty name at place \(place)"))
      }
      #expect(sode_network_metrics(network.handle, dataset.handle, 1, "accuracy,auc", $0) == SODE_ERR_SHAPE_MISMATCH)
      #expect(sode_network_confusion(network.handle, dataset.handle, 1, $0) == SODE_ERR_UNSUPPORTED_TYPE)
      #expect(sode_network_class_figures(network.handle, dataset.handle, 1, $0) == SODE_ERR_SHAPE_MISMATCH)
    }
    let regression = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 4, "layers": 3, "loss": "least_squares"}"#)
    var counts = [Int64](repeating: 9, count: 9)
    withTensor(&counts, [3, 3]) { #expect(sode_network_confusion(regression.handle, dataset.handle, 1, $0) == SODE_ERR_INCOMPATIBLE) }
  }
}
