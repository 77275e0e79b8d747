import CStableODE
import Foundation
import Testing

struct TrainerEntriesTests {
  /// Complete events arrive on the calling thread; the history contains those of epochs.
  @Test func eventsAndHistoryAgree() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_json(trainer, #"{"optimizer": "adam", "schedule": "constant", "epochs": 4, "num_threads": 1, "learning_rate": 0.01}"#, -1) == SODE_OK)
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

  /// In its own callback a running trainer can be saved and its history can be read. Other calls are refused as busy, and the error says which calls are allowed. The saved
  /// trainer continues with the same bits.
  @Test func aCallbackSavesAndReads() throws {
    struct Seen {
      var trainer: OpaquePointer?
      var rows: Int64 = -1
      var at: sode_status = 99
      var saved: sode_status = 99
      var set: sode_status = 99
      var message = ""
    }
    let path = NSTemporaryDirectory() + "stableode_callback_\(UInt64.random(in: 0...UInt64.max)).sode"
    defer { unlink(path) }
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var seen = Seen()
    #expect(sode_trainer_create(network.handle, &seen.trainer) == SODE_OK)
    defer { sode_trainer_free(seen.trainer) }
    #expect(sode_trainer_set_json(seen.trainer, #"{"epochs": 4, "num_threads": 1, "batch_size": 3}"#, -1) == SODE_OK)
    let trainer = seen.trainer
    try path.withCString { path in
      try withUnsafeMutablePointer(to: &seen) { seen in
        var context = (seen, path)
        let callback: sode_callback = { progress, user in
          guard let progress, let context = user?.assumingMemoryBound(to: (UnsafeMutablePointer<Seen>, UnsafePointer<CChar>).self) else { return -1 }
          guard progress.pointee.kind == Int32(SODE_PROGRESS_EPOCH), progress.pointee.epoch == 2 else { return 0 }
          let (seen, path) = context.pointee
          _ = sode_trainer_history_count(seen.pointee.trainer, &seen.pointee.rows)
          var row = sode_progress()
          row.struct_size = UInt32(MemoryLayout<sode_progress>.size)
          seen.pointee.at = sode_trainer_history_at(seen.pointee.trainer, 1, &row)
          seen.pointee.saved = sode_trainer_save(seen.pointee.trainer, path)
          seen.pointee.set = sode_trainer_set_int(seen.pointee.trainer, "epochs", 9)
          seen.pointee.message = lastError()
          return 0
        }
        try withUnsafeMutablePointer(to: &context) { context in
          try #require(sode_trainer_set_callback(trainer, callback, context) == SODE_OK)
          #expect(sode_trainer_run(trainer, dataset.handle, dataset.handle, nil) == SODE_OK)
        }
      }
    }
    #expect(seen.rows == 2 && seen.at == SODE_OK && seen.saved == SODE_OK)
    #expect(seen.set == SODE_ERR_HANDLE_BUSY && seen.message.contains("callback"))
    // Outside the callback all calls work as before.
    #expect(sode_trainer_set_callback(trainer, nil, nil) == SODE_OK)
    var (again, goesOn): (OpaquePointer?, OpaquePointer?)
    #expect(sode_trainer_load(path, &again, &goesOn) == SODE_OK)
    defer { (sode_trainer_free(goesOn), sode_network_free(again)) }
    #expect(sode_trainer_run(goesOn, dataset.handle, dataset.handle, nil) == SODE_OK)
    #expect(try parameters(again) == parameters(network.handle))
  }

  /// All parameters of a network, as floats.
  private func parameters(_ network: OpaquePointer?) throws -> [Float] {
    var info = sode_network_info()
    info.struct_size = UInt32(MemoryLayout<sode_network_info>.size)
    try #require(sode_network_describe(network, &info) == SODE_OK)
    var values = [Float](repeating: .nan, count: Int(info.parameters))
    withTensor(&values, [values.count]) { #expect(sode_network_get_parameters(network, $0) == SODE_OK) }
    return values
  }
}
