import CStableODE
import Testing

struct TrainerEntriesTests {
  /// Events come on the calling thread, whole; the history repeats those of epochs.
  @Test func eventsAndHistoryAgree() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_json(trainer, #"{"epochs": 4, "num_threads": 1, "learning_rate": 0.01}"#, -1) == SODE_OK)
    var losses: [Double] = []
    withUnsafeMutablePointer(to: &losses) { losses in
      let callback: sode_callback = { event, user in
        guard let event, let losses = user?.assumingMemoryBound(to: [Double].self) else { return -1 }
        if event.pointee.kind == Int32(SODE_PROGRESS_EPOCH) { losses.pointee.append(event.pointee.training_loss) }
        return 0
      }
      #expect(sode_trainer_set_callback(trainer, callback, losses) == SODE_OK)
      #expect(sode_trainer_run(trainer, dataset.handle, dataset.handle, nil) == SODE_OK)
    }
    var rows: Int64 = 0
    #expect(sode_trainer_history_count(trainer, &rows) == SODE_OK)
    #expect(rows == 4 && losses.count == 4)
    for index in 0..<rows {
      var row = sode_progress()
      row.struct_size = UInt32(MemoryLayout<sode_progress>.size)
      #expect(sode_trainer_history_at(trainer, index, &row) == SODE_OK)
      #expect(row.epoch == index + 1 && row.training_loss == losses[Int(index)] && row.learning_rate == 0.01)
    }
  }

  @Test func optionsAreWhollySetOrNotAtAll() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_json(trainer, #"{"epochs": 2, "epoch": 3}"#, -1) == SODE_ERR_UNKNOWN_NAME)
    #expect(sode_trainer_set_int(trainer, "epochs", 1) == SODE_OK)
    #expect(sode_trainer_set_text(trainer, "epochs", "1") == SODE_ERR_UNSUPPORTED_TYPE)
    #expect(sode_trainer_set_real(trainer, "learning_rate", .nan) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_trainer_run(trainer, dataset.handle, nil, nil) == SODE_OK)
    var rows: Int64 = 0
    #expect(sode_trainer_history_count(trainer, &rows) == SODE_OK)
    #expect(rows == 1)
  }
}
