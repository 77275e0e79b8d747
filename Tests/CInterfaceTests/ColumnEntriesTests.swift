import CStableODE
import Testing

@Suite struct ColumnEntriesTests {
  private func columns(_ json: String) -> OpaquePointer? {
    var columns: OpaquePointer?
    #expect(sode_columns_create_json(json, -1, &columns) == SODE_OK, "\(lastError())")
    return columns
  }

  @Test func aRecordIsDescribed() {
    let record = columns(#"{"inputs": [{"name": "a", "categories": ["u", "v"]}, {"name": "b"}], "target": {"names": ["k"], "classes": [3, true, "w"]}}"#)
    defer { sode_columns_free(record) }
    var (features, targets, classes): (Int64, Int64, Int64) = (0, 0, 0)
    #expect(sode_columns_describe(record, &features, &targets, &classes) == SODE_OK && [features, targets, classes] == [3, 1, 3])
    #expect(sode_columns_describe(record, nil, nil, nil) == SODE_ERR_NULL_POINTER)
    var name: UnsafePointer<CChar>?
    let names = (Int64(0)..<3).map { index -> String in
      #expect(sode_columns_class_at(record, index, &name) == SODE_OK)
      return name.map { String(cString: $0) } ?? ""
    }
    #expect(names == ["3", "true", "w"])
    #expect(sode_columns_class_at(record, 3, &name) == SODE_ERR_OUT_OF_RANGE)
    var needed = 0
    #expect(sode_columns_json(record, nil, 0, &needed) == SODE_OK && needed > 100)
  }

  @Test func textsOfAnyLengthAreChecked() {
    var record: OpaquePointer?
    #expect(sode_columns_create_json("{}", 1 << 21, &record) == SODE_ERR_OUT_OF_RANGE && lastError().contains("at most 1048576"))
    #expect(sode_columns_create_json("{}", -2, &record) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_columns_create_json("{x", 1, &record) == SODE_ERR_INVALID_ARGUMENT && record == nil)
  }

  /// A record belongs to a network whose features and classes it describes.
  @Test func networksTakeWhatFits() throws {
    let network = try TestNetwork()
    for (json, message) in [
      (#"{"inputs": [{"name": "a"}]}"#, "describes 1 features; the network has inputs 2"), (#"{"target": {"names": ["k"], "classes": ["a", "b", "c", "d"]}}"#, "names 4 classes; the network has 3"),
    ] {
      let wrong = columns(json)
      defer { sode_columns_free(wrong) }
      #expect(sode_network_set_columns(network.handle, wrong) == SODE_ERR_INCOMPATIBLE && lastError().contains(message), "\(lastError())")
    }
    var back: OpaquePointer?
    #expect(sode_network_get_columns(network.handle, &back) == SODE_ERR_STATE)
    let right = columns(#"{"inputs": [{"name": "a"}, {"name": "b"}], "target": {"names": ["k"], "classes": ["a", "b", "c"]}}"#)
    defer { sode_columns_free(right) }
    #expect(sode_network_set_columns(network.handle, right) == SODE_OK)
    #expect(sode_network_get_columns(network.handle, &back) == SODE_OK)
    sode_columns_free(back)
    var count: Int64 = -1
    #expect(sode_network_metadata_count(network.handle, &count) == SODE_OK && count == 0, "the record is not one of the caller's notes")
    var needed = 0
    #expect(sode_network_get_metadata(network.handle, "stableode.columns", nil, 0, &needed) == SODE_OK && needed > 0)
  }

  @Test func dataSetsKeepTheirRecord() throws {
    let data = try TestDataset()
    var (named, back): (OpaquePointer?, OpaquePointer?) = (nil, nil)
    #expect(sode_dataset_get_columns(data.handle, &back) == SODE_ERR_STATE)
    let record = columns(#"{"inputs": [{"name": "a"}, {"name": "b"}], "target": {"names": ["k"], "classes": ["a", "b", "c"]}}"#)
    defer { sode_columns_free(record) }
    #expect(sode_dataset_with_columns(data.handle, record, &named) == SODE_OK)
    defer { sode_dataset_free(named) }
    #expect(sode_dataset_get_columns(named, &back) == SODE_OK)
    sode_columns_free(back)
    // Training gives it to the network, and refuses another one then.
    let network = try TestNetwork()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK && sode_trainer_set_int(trainer, "epochs", 1) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_run(trainer, named, nil, nil) == SODE_OK, "\(lastError())")
    #expect(sode_network_get_columns(network.handle, &back) == SODE_OK)
    sode_columns_free(back)
    let other = columns(#"{"inputs": [{"name": "b"}, {"name": "a"}]}"#)
    defer { sode_columns_free(other) }
    var turned: OpaquePointer?
    #expect(sode_dataset_with_columns(data.handle, other, &turned) == SODE_OK)
    defer { sode_dataset_free(turned) }
    var evaluation = sode_evaluation()
    evaluation.struct_size = UInt32(MemoryLayout<sode_evaluation>.size)
    #expect(sode_network_evaluate(network.handle, turned, 1, &evaluation) == SODE_ERR_INCOMPATIBLE && lastError().contains("another record of columns"))
  }
}
