import CStableODE
import Testing

/// A metric whose value is the first target; its error code says which shape was wrong.
private let firstTarget: sode_metric_function = { scores, targets, value, _ in
  guard let scores = scores?.pointee, let targets = targets?.pointee else { return -1 }
  guard scores.dtype.bits == 64, scores.shape[0] == 6, scores.shape[1] == 3, targets.shape[0] == 6 else { return 1 }
  value?.pointee = targets.ndim == 2 ? Double(targets.data.load(as: Float.self)) : Double(targets.data.load(as: Int32.self))
  return 0
}

struct CallerMetricTests {
  @Test func seesLabelsOrValues() throws {
    for loss in ["softmax_cross_entropy", "least_squares"] {
      let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 4, "layers": 3, "loss": "\#(loss)"}"#)
      var data: OpaquePointer?
      var points: [Float] = (0..<12).map { Float($0) / 10 }
      var (labels, values): ([Int32], [Float]) = ([2, 0, 1, 2, 0, 1], (0..<18).map { 4.5 + Float($0) })
      withTensor(&points, [6, 2]) { x in
        if loss == "least_squares" {
          withTensor(&values, [6, 3]) { #expect(sode_dataset_create(x, $0, &data) == SODE_OK) }
        } else {
          withTensor(&labels, [6]) { #expect(sode_dataset_create(x, $0, &data) == SODE_OK) }
        }
      }
      defer { sode_dataset_free(data) }
      var trainer: OpaquePointer?
      #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
      defer { sode_trainer_free(trainer) }
      #expect(sode_trainer_set_int(trainer, "epochs", 1) == SODE_OK)
      #expect(sode_trainer_set_metric(trainer, firstTarget, 1, nil) == SODE_OK)
      #expect(sode_trainer_run(trainer, data, data, nil) == SODE_OK, "\(lastError())")
      var row = sode_progress()
      row.struct_size = UInt32(MemoryLayout<sode_progress>.size)
      #expect(sode_trainer_history_at(trainer, 0, &row) == SODE_OK)
      #expect(row.validation_metric == (loss == "least_squares" ? 4.5 : 2))
    }
  }
}
