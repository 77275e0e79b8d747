import CStableODE
import Testing

struct PracticeEntriesTests {
  @Test func shapesAndStatesAreChecked() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    var (weights, curve, suggestion): ([Double], [Float], Double) = ([1, 2, 3, 4], [Float](repeating: -1, count: 10), -1)
    withTensor(&weights, [4]) { #expect(sode_trainer_set_class_weights(trainer, $0) == SODE_ERR_SHAPE_MISMATCH) }
    weights = [1, 2, 3]
    withTensor(&weights, [3]) { #expect(sode_trainer_set_class_weights(trainer, $0) == SODE_OK) }
    withTensor(&curve, [5, 2]) {
      #expect(sode_trainer_find_learning_rate(trainer, dataset.handle, 0.001, 0.1, 5, $0, &suggestion) == SODE_OK, "\(lastError())")
      #expect(sode_trainer_find_learning_rate(trainer, dataset.handle, 0.001, 0.1, 1, nil, &suggestion) == SODE_ERR_OUT_OF_RANGE)
    }
    #expect(curve[0] == 0.001 && curve[8] == 0.1 && curve[1] > 0 && suggestion != -1)
    #expect(sode_trainer_set_int(trainer, "epochs", 1) == SODE_OK)
    #expect(sode_trainer_run(trainer, dataset.handle, nil, nil) == SODE_OK)
    #expect(sode_trainer_set_class_weights(trainer, nil) == SODE_ERR_STATE)
    #expect(sode_trainer_set_loss(trainer, nil, nil) == SODE_ERR_STATE)
    #expect(sode_trainer_set_metric(trainer, nil, 0, nil) == SODE_ERR_STATE)
  }
}
