import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct ColumnTableTests {
  private let memory = ColumnMemory()

  @Test func batchesLieBehindOneAnother() throws {
    let table = try memory.table([
      ("a", [try memory.numbers(.number(.float64), [1.0, 2]), try memory.numbers(.number(.float64), [Double]()), try memory.numbers(.number(.float64), [3.0])]),
      ("b", [try memory.texts(["x", "y"]), try memory.texts([]), try memory.texts(["z"])]),
    ])
    #expect(table.rows == 3 && table.names == ["a", "b"] && table.isNamed && table.batches.map(\.firstRow) == [0, 2])
    #expect(throws: Failure(.invalidData, "the table has no columns")) { try Table(columns: [], batches: []) }
  }

  private func sparse(_ starts: [Int64], _ indices: [Int32], _ values: [Float], columns: Int = 3) throws -> SparseRows {
    func view(_ base: UnsafeRawPointer, _ type: ElementType, _ count: Int) -> TensorView { TensorView(base, type: type, rows: count, columns: 1) }
    return try SparseRows(
      columns: columns, starts: view(memory.hold(starts), .int64, starts.count), indices: view(memory.hold(indices), .int32, indices.count),
      values: view(memory.hold(values), .float32, values.count), owner: memory)
  }

  @Test func sparseRowsAreMadeDense() throws {
    let rows = try EncodedRows(Table(sparse: try sparse([0, 2, 2, 3], [0, 2, 1], [1, -2, 3])), nil)
    #expect(DatasetsTests.rows(of: rows.view) == [[1, 0, -2], [0, 0, 0], [0, 3, 0]])
    let data = try withView([Float(0), 1, 1], .float32, rows: 3, columns: 1) { labels in
      try Dataset(Table(sparse: try sparse([0, 2, 2, 3], [0, 2, 1], [1, -2, 3])), targets: try Table(dense: labels, owner: memory), ColumnRecord(inputs: nil, target: ColumnRecord.Target(names: [""], classes: nil)), isCopied: true)
    }
    #expect((0..<9).map { element(data.features, $0 / 3, $0 % 3) } == [1, 0, -2, 0, 0, 0, 0, 3, 0])
  }

  @Test func wrongSparseMatricesAreRefused() {
    #expect(throws: Failure.self) { try sparse([0, 2, 1], [0, 1], [1, 1]) }
    #expect(throws: Failure.self) { try sparse([0, 3], [0, 1], [1, 1]) }
    #expect(throws: Failure.self) { try sparse([0, 1], [0, 1], [1, 1]) }
    #expect(throws: Failure.self) { try sparse([0, 2], [1, 1], [1, 1]) }
    #expect(throws: Failure.self) { try sparse([0, 1], [3], [1]) }
    #expect(throws: Failure(.invalidData, "row 0 of the sparse matrix: the column -1 does not exist; columns are 0 … 2")) { try sparse([0, 1], [-1], [1]) }
    #expect(throws: Failure(.invalidData, "row 1 of the sparse matrix: its columns must ascend, but 1 comes after 2; sort the indices and sum duplicates first")) { try sparse([0, 1, 3], [0, 2, 1], [1, 1, 1]) }
    #expect(throws: Failure(.invalidData, "the first start of a sparse matrix is 1; it must be 0")) { try sparse([1, 2], [0, 1], [1, 1]) }
    #expect(throws: Failure(.invalidData, "features hold NaN or infinity at row 3, column 1; they must be finite")) { try sparse([0, 1, 1, 1, 2, 2], [0, 1], [1, .nan]) }
    #expect(throws: Failure(.invalidData, "features hold NaN or infinity at row 1, column 2; they must be finite")) { try sparse([0, 1, 2], [0, 2], [1, .nan]) }
  }
}
