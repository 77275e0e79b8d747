import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct EncodedRowsTests {
  private let memory = ColumnMemory()
  private let record = try? ColumnRecord(
    #"{"inputs": [{"name": "c", "categories": ["x", "y"], "unseen": "zeros", "missing": "mean_and_indicator"}, {"name": "a", "missing": "mean_and_indicator", "mean": 5}, {"name": "f"}], "target": {"names": ["t"]}}"#)

  private func table(_ texts: [String] = ["x", "z"]) throws -> Table {
    try memory.table([
      ("a", [try memory.numbers(.int16, [Int16(1), 2], present: [true, false]), try memory.numbers(.int16, [Int16(3)])]), ("f", [try memory.flags([true, false]), try memory.flags([true])]),
      ("c", [try memory.texts(texts), try memory.texts(["y"], present: [false])]), ("t", [try memory.texts(["no", "number"]), try memory.texts([""])]),
    ])
  }

  @Test func columnsBecomeFeaturesByName() throws {
    let rows = try EncodedRows(try table(), record)
    #expect(DatasetsTests.rows(of: rows.view) == [[1, 0, 0, 1, 0, 1], [0, 0, 0, 5, 1, 0], [0, 0, 1, 3, 0, 1]])
    #expect(rows.view.type == .float32 && magnitudeBound(rows.view) == 5)
  }

  /// Tiles of any rows hold what single numbers say, over the borders of batches too, and their padding is zero.
  @Test func tilesAreMadeOfAnyRows() throws {
    let count = 300
    var batches: ([ColumnPart], [ColumnPart], [ColumnPart]) = ([], [], [])
    var start = 0
    for size in [1, 100, 64, 135] {
      let numbers = (start..<start + size).map(Float.init)
      batches.0.append(try memory.numbers(.number(.float32), numbers))
      batches.1.append(try memory.numbers(.number(.float64), numbers.map { Double($0) * 0.1 }, present: numbers.map { Int($0) % 7 != 0 }))
      batches.2.append(try memory.texts(numbers.map { "\(Int($0) % 3)" }))
      start += size
    }
    let table = try memory.table([("p", batches.0), ("q", batches.1), ("r", batches.2)])
    let rows = try EncodedRows(table, ColumnRecord(fitting: table, try ColumnChoices(#"{"missing": "mean"}"#)))
    let scratch = try Buffer(count: 5 * 320, precision: .float64)
    let numbers = (0..<count).map { Int64(($0 * 131) % count) }
    for (order, first, size) in [(nil, 0, 300), (nil, 60, 128), (numbers, 0, 300), (numbers, 17, 130)] as [([Int64]?, Int, Int)] {
      let tile = Block(scratch.base, rows: 5, columns: 320, precision: .float64)
      fill(tile, 7)
      if let order { order.withUnsafeBufferPointer { gather(rows.view, rows: $0.baseAddress, start: first, count: size, into: tile) } } else { gather(rows.view, rows: nil, start: first, count: size, into: tile) }
      for feature in 0..<5 {
        let made = scratch.vector(count: 320, precision: .float64, offset: feature * 320 * 8)
        for sample in 0..<320 {
          let row = order.map { Int($0[min(first + sample, count - 1)]) } ?? min(first + sample, count - 1)
          let expected: Double = sample >= size ? 0 : rows.view.number(row: row, column: feature)
          #expect(made.load(sample) == expected, "feature \(feature), sample \(sample)")
        }
      }
    }
  }

  /// Where unseen categories are zeros, a column may come as floating-point numbers: whole ones are the integers, others are no category.
  @Test func numbersAreCategoriesWhereUnseenOnesAreZeros() throws {
    let cells = try memory.table([("c", [try memory.numbers(.number(.float64), [7.0, 7.5, 3, .nan, 1e300])])])
    let made = try EncodedRows(cells, ColumnRecord(#"{"inputs": [{"name": "c", "categories": [3, 7], "unseen": "zeros", "missing": "mean_and_indicator"}]}"#))
    #expect(DatasetsTests.rows(of: made.view) == [[0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]])
    let texts = try EncodedRows(cells, ColumnRecord(#"{"inputs": [{"name": "c", "categories": ["3", "7"], "unseen": "zeros", "missing": "mean"}]}"#))
    #expect(DatasetsTests.rows(of: texts.view) == Array(repeating: [0, 0], count: 5))
    #expect(throws: Failure.self) { try EncodedRows(cells, ColumnRecord(#"{"inputs": [{"name": "c", "categories": [3, 7], "missing": "mean"}]}"#)) }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    func message(_ table: Table, _ record: ColumnRecord?) -> String {
      do {
        _ = try EncodedRows(table, record)
        return ""
      } catch { return "\(error)" }
    }
    let strict = try ColumnRecord(#"{"inputs": [{"name": "c", "categories": ["x", "y"], "missing": "mean"}, {"name": "a", "missing": "mean", "mean": 5}, {"name": "f"}], "target": {"names": ["t"]}}"#)
    #expect(message(try table(), strict) == "column 'c': its value at row 1, 'z', is none of its 2 categories; with the option unseen zeros it would become zeros")
    #expect(message(try table(), nil) == "column 'c' holds texts; without a record of columns only numbers are taken")
    #expect(message(try table(), try ColumnRecord(#"{"inputs": [{"name": "aa"}, {"name": "b"}]}"#)) == "the table lacks the columns 'aa', 'b'")
    #expect(message(try table(), try ColumnRecord(#"{"inputs": [{"name": "a"}]}"#)) == "the table has columns that the record does not know: 'f', 'c', 't'; drop them")
    let partial = try EncodedRows(try table(), strict, isPartial: true)
    #expect(magnitudeBound(partial.view) == .infinity && partial.view.number(row: 1, column: 0).isNaN && partial.view.number(row: 0, column: 0) == 1)
  }

  /// A record without inputs takes all columns as numbers but those that it names for another use, wherever these stand.
  @Test func aRecordWithoutInputsLeavesItsOtherColumnsOut() throws {
    let record = ColumnRecord(inputs: nil, target: ColumnRecord.Target(names: ["t", ""], classes: nil), ignored: ["i", "gone"], weight: "w")
    func table(_ names: [String]) throws -> Table {
      try memory.table(try names.map { name in (name, [try ["t", "i"].contains(name) ? memory.texts(["no", "number"]) : memory.numbers(.number(.float64), name == "a" ? [1.0, 2] : name == "b" ? [3.0, 4] : [-1, .nan])]) })
    }
    for (names, expected) in [(["w", "a", "t", "b", "i"], [[1.0, 3], [2, 4]]), (["b", "a"], [[3, 1], [4, 2]])] {
      let rows = try EncodedRows(try table(names), record)
      withExtendedLifetime(rows) { #expect(DatasetsTests.rows(of: rows.view) == expected) }
    }
    #expect { try EncodedRows(try table(["a", "t"]), nil) } throws: { "\($0)".contains("column 't' holds texts") }
    #expect(throws: Failure(.incompatible, "the table has no columns besides those that the record calls targets, weight or ignored")) { try EncodedRows(try table(["t", "w", "i"]), record) }
  }
}
