import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct TableDatasetTests {
  private let memory = ColumnMemory()

  private func table(_ kinds: [String] = ["b", "a", "b"], numbers: [Double] = [1, 2, 3]) throws -> Table {
    try memory.table([("x", [try memory.numbers(.number(.float64), numbers)]), ("k", [try memory.texts(kinds)]), ("y", [try memory.numbers(.number(.int32), [Int32(4), 5, 7])])])
  }

  @Test(arguments: [true, false]) func classesAndFeatures(isCopied: Bool) throws {
    let record = try ColumnRecord(fitting: try table(), try ColumnChoices(#"{"target": "k"}"#))
    let data = try Dataset(try table(), record, isCopied: isCopied)
    #expect(data.features.isMade == !isCopied && data.classCount == 2 && data.columns == record)
    #expect((0..<3).map { data.labels?[$0] } == [1, 0, 1] && rows(of: data.features) == [[1, 4], [2, 5], [3, 7]])
    let slice = try data.slice(start: 1, count: 2)
    #expect(rows(of: slice.features) == [[2, 5], [3, 7]] && slice.columns == record)
    let (training, validation) = try data.fold(0, of: 3, seed: 1)
    #expect(training.columns == record && validation.count == 1 && !training.features.isMade)
    #expect(throws: Failure(.invalidData, "column 'k': the target at row 0, 'c', is none of the 2 classes: a, b")) { try Dataset(try table(["c", "a", "b"]), record, isCopied: isCopied) }
  }

  /// A network that reads its own target learns nothing else. In a table of its own the target may have the name of an input.
  @Test func aTargetIsNoInput() throws {
    let record = try ColumnRecord(#"{"inputs": [{"name": "x"}, {"name": "y"}], "target": {"names": ["y"]}, "ignored": ["k"]}"#)
    #expect { try Dataset(try table(), record, isCopied: true) } throws: { "\($0)".hasPrefix("the column 'y' is an input and a target of the record") }
    let own = try memory.table([("y", [try memory.numbers(.number(.int32), [Int32(1), 2, 3])])])
    #expect(try Dataset(try table(), targets: own, record, isCopied: true).featureCount == 2)
  }

  @Test func severalValuesAreTargets() throws {
    let table = try memory.table([
      ("x", [try memory.numbers(.number(.float64), [1.0, 2])]), ("y", [try memory.numbers(.number(.int32), [Int32(4), 5])]), ("z", [try memory.numbers(.float16, [UInt16(0x3E00), 0xC000])]),
    ])
    let data = try Dataset(table, try ColumnRecord(fitting: table, try ColumnChoices(#"{"target": ["z", "y"]}"#)), isCopied: true)
    #expect(data.values.map(rows) == [[1.5, 4], [-2, 5]] && data.featureCount == 1)
  }

  @Test func targetsOfTheirOwn() throws {
    let features = try memory.table([("x", [try memory.numbers(.number(.float32), [Float(1), 2])])])
    let texts = try memory.table([("anything", [try memory.texts(["u", "v"])])])
    let record = try ColumnRecord(fitting: features, targets: texts, ColumnChoices())
    let data = try Dataset(features, targets: texts, record, isCopied: false)
    #expect(data.labels?[1] == 1 && record.target?.classes == [.text("u"), .text("v")])
    let short = try memory.table([("anything", [try memory.texts(["u"])])])
    #expect(throws: Failure(.shapeMismatch, "targets hold 1 samples and features 2; both must have the same number")) { try Dataset(features, targets: short, record, isCopied: false) }
    let missing = try memory.table([("anything", [try memory.texts(["u", "v"], present: [true, false])])])
    #expect(throws: Failure(.invalidData, "column 'anything': the target at row 1 is missing")) { try Dataset(features, targets: missing, record, isCopied: false) }
    #expect(throws: Failure(.incompatible, "the record of columns names no target; give the option target, or the targets in a table of their own")) {
      try Dataset(features, ColumnRecord(inputs: nil, target: nil), isCopied: false)
    }
  }

  @Test func aRecordNamesWhatArraysMean() throws {
    let data = try make(numbers, rows: 3, columns: 2, labels: [0, 2, 1])
    let record = try ColumnRecord(#"{"inputs": [{"name": "a"}, {"name": "b"}], "target": {"names": ["k"], "classes": ["u", "v", "w", "x"]}}"#)
    let named = try data.with(columns: record)
    #expect(named.columns == record && named.classCount == 4 && named.features.base == data.features.base)
    #expect(throws: Failure(.incompatible, "the record describes 1 features; the data set has 2")) { try data.with(columns: try ColumnRecord(#"{"inputs": [{"name": "a"}]}"#)) }
    #expect(throws: Failure(.incompatible, "the record names 2 classes; the data set has labels up to 2")) { try data.with(columns: try ColumnRecord(#"{"target": {"names": ["k"], "classes": ["u", "v"]}}"#)) }
  }

  /// A column has one use, also one that the record's inputs do not name.
  @Test func weightsAreNumbersWithOneUse() throws {
    let x = ColumnRecord.Input(name: "x", kind: .number, missing: .error)
    func message(_ record: ColumnRecord, _ table: Table) -> String {
      do {
        _ = try Dataset(table, record, isCopied: true)
        return ""
      } catch { return "\(error)" }
    }
    func record(weight: String, target: String = "y") -> ColumnRecord { ColumnRecord(inputs: [x], target: ColumnRecord.Target(names: [target], classes: nil), ignored: ["k"], weight: weight) }
    let dates = CellType(format: "tdD")
    let table = try memory.table([
      ("x", [try memory.numbers(.number(.float64), [1.0, 2])]), ("y", [try memory.numbers(.number(.int32), [Int32(4), 5])]), ("w", [try memory.numbers(.number(.float32), [Float(0.5), 2])]),
      ("d", [try memory.numbers(dates, [Int32(1), 2])]), ("k", [try memory.texts(["a", "b"])]),
    ])
    #expect(message(record(weight: "y"), table) == "the column 'y' is a target and the weight of the record, but can be one of them only; give the targets in a table of their own, or another record")
    let known = { (names: [String]) in ColumnRecord(inputs: [x], target: ColumnRecord.Target(names: ["y"], classes: nil), ignored: names.filter { $0 != names[0] }, weight: names[0]) }
    let weighted = try Dataset(table, known(["w", "d", "k"]), isCopied: true)
    withExtendedLifetime(weighted) { #expect(weighted.weights.map { weights in (0..<2).map(weights.load) } == [0.5, 2]) }
    #expect(message(known(["d", "w", "k"]), table).hasPrefix("column 'd': ") && message(known(["d", "w", "k"]), table).contains("dates"))
    #expect(message(known(["k", "w", "d"]), table).contains("which are no weights"))
    #expect(message(known(["v", "w", "d", "k"]), table).contains("the table lacks the column 'v' of the weights"))
  }
}
