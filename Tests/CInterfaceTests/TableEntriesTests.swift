import CStableODE
import Testing

@Suite struct TableEntriesTests {
  @Test func aMatrixBecomesATable() throws {
    var numbers: [Float] = [1, 2, 3, 4, 5, 6]
    var table: OpaquePointer?
    withTensor(&numbers, [3, 2]) { #expect(sode_table_from_tensor($0, nil, nil, &table) == SODE_OK) }
    defer { sode_table_free(table) }
    var (rows, columns): (Int64, Int64) = (0, 0)
    #expect(sode_table_describe(table, &rows, &columns) == SODE_OK && rows == 3 && columns == 2)
    #expect(sode_table_describe(table, nil, nil) == SODE_ERR_NULL_POINTER)
    var (name, type): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
    #expect(sode_table_column_at(table, 1, &name, &type) == SODE_OK && name.map { String(cString: $0) } == "" && type.map { String(cString: $0) } == "float32")
    #expect(sode_table_column_at(table, 2, &name, &type) == SODE_ERR_OUT_OF_RANGE)
  }

  @Test func aTableIsScoredByTheNamesOfItsColumns() throws {
    let network = try TestNetwork()
    var record: OpaquePointer?
    #expect(sode_columns_create_json(#"{"inputs": [{"name": "a"}, {"name": "b"}]}"#, -1, &record) == SODE_OK)
    defer { sode_columns_free(record) }
    #expect(sode_network_set_columns(network.handle, record) == SODE_OK)
    var (first, second): ([Float], [Float]) = (Array(repeating: 0, count: 6), Array(repeating: 1, count: 6))
    for (columns, result) in [([("a", [1, 2]), ("b", [3, 4])], 0), ([("b", [3, 4]), ("a", [1, 2])], 1)] as [([(name: String, numbers: [Float])], Int)] {
      let sample = ArrowSample(columns)
      let table = sample.table()
      defer { sode_table_free(table) }
      if result == 0 {
        withTensor(&first, [2, 3]) { #expect(sode_network_predict_table(network.handle, table, Int32(SODE_SCORES), 1, $0) == SODE_OK, "\(lastError())") }
      } else {
        withTensor(&second, [2, 3]) { #expect(sode_network_predict_table(network.handle, table, Int32(SODE_SCORES), 1, $0) == SODE_OK, "\(lastError())") }
      }
    }
    #expect(first == second)
    let table = ArrowSample([("a", [1])]).table()
    defer { sode_table_free(table) }
    withTensor(&first, [1, 3]) { #expect(sode_network_predict_table(network.handle, table, Int32(SODE_SCORES), 1, $0) == SODE_ERR_INCOMPATIBLE) }
    #expect(lastError() == "the table lacks the column 'b'" && first == second)
  }

  @Test func sequencesAreNoTables() throws {
    let network = try TestNetwork(#"{"inputs": 4, "outputs": 2, "width": 4, "layers": 4, "opening": "sequence", "field": "antisymmetric_rnn"}"#)
    let sample = ArrowSample([("a", [1]), ("b", [1]), ("c", [1]), ("d", [1])])
    let table = sample.table()
    defer { sode_table_free(table) }
    var out: [Float] = [0, 0]
    withTensor(&out, [1, 2]) { #expect(sode_network_predict_table(network.handle, table, Int32(SODE_SCORES), 1, $0) == SODE_ERR_INCOMPATIBLE) }
  }
}
