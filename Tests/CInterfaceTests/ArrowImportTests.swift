import CStableODE
import Testing

/// What hostile producers do is in c/tables.c.
@Suite struct ArrowImportTests {
  private func number(_ value: Int32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
  private func text(_ text: String) -> [UInt8] { number(Int32(text.utf8.count)) + Array(text.utf8) }

  private func columns(_ table: OpaquePointer?) -> Int64 {
    var columns: Int64 = -1
    #expect(sode_table_describe(table, nil, &columns) == SODE_OK)
    return columns
  }

  /// pandas lists the columns of an index in the schema's metadata: names, or objects for those that are no columns.
  @Test func anIndexOfPandasIsNoColumn() {
    let json = #"{"index_columns": ["__index_level_0__", {"kind": "range"}], "columns": []}"#
    let sample = ArrowSample([("a", [1, 2]), ("__index_level_0__", [7, 9])], metadata: number(2) + text("other") + text("x") + text("pandas") + text(json))
    let table = sample.table()
    #expect(columns(table) == 1)
    sode_table_free(table)
    #expect(sample.released == 1)
    for metadata in [number(0), number(-1), number(1) + text("pandas") + text("{"), number(1) + text("pandas") + text("3"), number(1) + number(-5)] {
      let plain = ArrowSample([("a", [1, 2]), ("__index_level_0__", [7, 9])], metadata: metadata)
      let table = plain.table()
      #expect(columns(table) == 2)
      sode_table_free(table)
    }
  }

  @Test func anArrayIsTakenOnlyIfNothingFails() {
    let sample = ArrowSample([("a", [1, 2])])
    sample.array.children[0]?.pointee.length = 1
    #expect(sample.table() == nil && sample.released == 0 && sample.array.release != nil)
    #expect(lastError().contains("column 'a': it has 1 cells; the table reads 2"))
    sample.array.children[0]?.pointee.length = 2
    let table = sample.table()
    #expect(table != nil && sample.array.release == nil)
    sode_table_free(table)
    #expect(sample.released == 1)
  }

  /// The offset of the struct is added to those of its columns.
  @Test func offsetsAddUp() throws {
    let sample = ArrowSample([("a", [1, 2, 3, 4, 5])])
    sample.array.offset = 1
    sample.array.length = 2
    sample.array.children[0]?.pointee.offset = 2
    sample.array.children[0]?.pointee.length = 3
    let table = sample.table()
    defer { sode_table_free(table) }
    let network = try TestNetwork(#"{"inputs": 1, "outputs": 1, "width": 1, "layers": 1, "loss": "least_squares"}"#)
    var (made, given, numbers): ([Float], [Float], [Float]) = ([0, 0], [0, 0], [4, 5])
    withTensor(&made, [2, 1]) { #expect(sode_network_predict_table(network.handle, table, Int32(SODE_SCORES), 1, $0) == SODE_OK, "\(lastError())") }
    withTensor(&numbers, [2, 1]) { x in withTensor(&given, [2, 1]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_SCORES), 1, $0) == SODE_OK) } }
    #expect(made == given)
  }
}
