import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct ColumnFitTests {
  private let memory = ColumnMemory()

  private func table() throws -> Table {
    try memory.table([
      ("age", [try memory.numbers(.number(.float64), [1.0, .nan, 4], present: [true, true, true]), try memory.numbers(.number(.float64), [7.0, 99], present: [true, false])]),
      ("city", [try memory.texts(["Ulm", "Bonn", "Ulm"]), try memory.texts(["Aue", "Bonn"])]),
      ("size", [try memory.numbers(.uint16, [UInt16(3), 2, 3]), try memory.numbers(.uint16, [UInt16(9), 3])]),
      ("kind", [try memory.numbers(.number(.int8), [Int8(1), 0, 1], dictionary: memory.texts(["dog", "cat", "never"])), try memory.numbers(.number(.int8), [Int8(0), 0], dictionary: memory.texts(["cat"]))]),
    ])
  }

  @Test func aRecordIsMadeOfTrainingData() throws {
    let record = try ColumnRecord(fitting: try table(), try ColumnChoices(#"{"target": "kind", "missing": "mean_and_indicator"}"#))
    #expect(record.inputs?[0] == ColumnRecord.Input(name: "age", kind: .number, missing: .meanAndIndicator(4)))
    #expect(record.inputs?[1].kind == .category([.text("Aue"), .text("Bonn"), .text("Ulm")], .error) && record.inputs?[1].hasIndicator == false)
    #expect(record.inputs?[2].kind == .number && record.features == 2 + 3 + 1)
    #expect(record.target == ColumnRecord.Target(names: ["kind"], classes: [.text("cat"), .text("dog")]), "values that do not occur are no classes")
  }

  @Test func choicesForSingleColumns() throws {
    let choices = try ColumnChoices(#"{"target": "size", "classes": "always", "ignore": "kind", "columns": {"age": {"missing": "mean"}, "city": {"categories": ["Ulm", "Bonn", "Aue"], "unseen": "zeros"}}}"#)
    let record = try ColumnRecord(fitting: try table(), choices)
    #expect(record.inputs?.map(\.missing) == [.mean(4), .error] && record.inputs?[1].kind == .category([.text("Ulm"), .text("Bonn"), .text("Aue")], .zeros))
    #expect(record.target?.classes == [.integer(2), .integer(3), .integer(9)] && record.ignored == ["kind"])
  }

  @Test func whatCannotBeTakenIsNamed() throws {
    func message(_ options: String, _ table: Table? = nil) throws -> String {
      do {
        _ = try ColumnRecord(fitting: try table ?? self.table(), try ColumnChoices(options))
        return ""
      } catch { return "\(error)" }
    }
    #expect(try message("{}") == "column 'age': its value at row 1 is missing or NaN; set the option missing to mean or mean_and_indicator, or fill it")
    #expect(try message(#"{"target": "knd"}"#).hasPrefix("unknown column 'knd'; did you mean 'kind'?"))
    #expect(try message(#"{"missing": "mean", "target": ["kind", "size"]}"#).contains("several targets must be numbers"))
    let labels = try memory.table([("x", [try memory.numbers(.number(.float32), [Float(1), 2])]), ("p", [try memory.flags([true, false])]), ("q", [try memory.flags([false, true])])])
    #expect(try ColumnRecord(fitting: labels, ColumnChoices(#"{"target": ["p", "q"]}"#)).target?.classes == nil, "several truth values are labels")
    #expect(try message(#"{"missing": "mean", "target": "age"}"#) == "", "values of targets are read when the data set is made")
    #expect(try message(#"{"missing": "mean", "columns": {"city": {"kind": "number"}}}"#) == "column 'city': it holds texts, which cannot be numbers")
    #expect(try message(#"{"ignore": ["age", "city", "size", "kind"]}"#) == "the table has no columns besides targets and those to ignore")
    for (options, uses) in [
      (#"{"target": "size", "ignore": ["kind", "size"]}"#, "a target and ignored"), (#"{"target": ["size", "age"], "weight": "size"}"#, "a target and the weight"), (#"{"weight": "size", "ignore": "size"}"#, "the weight and ignored"),
    ] { #expect(try message(options) == "the column 'size' is \(uses); it can be one of them only") }
    let endless = try memory.table([("x", [try memory.numbers(.number(.float32), [Float(1), .infinity])])])
    #expect(try message("{}", endless) == "column 'x': its value at row 1 is inf; numbers must be finite")
    let empty = try memory.table([("x", [try memory.numbers(.number(.float32), [Float.nan])])])
    #expect(try message(#"{"missing": "mean"}"#, empty) == "column 'x': every value is missing, so that there is no mean; ignore the column")
    let large = try memory.table([("x", [try memory.numbers(.number(.int32), Array(Int32(0)...Int32(ColumnRecord.mostCategories)))])])
    #expect(try message(#"{"columns": {"x": {"kind": "category"}}}"#, large).contains("more than 65536 different values"))
  }

  /// The sum of the largest numbers is infinite; their mean is not.
  @Test func theMeanOfTheLargestNumbersIsOneOfThem() throws {
    func mean(_ numbers: [Double]) throws -> ColumnRecord.Missing? {
      try ColumnRecord(fitting: try memory.table([("x", [try memory.numbers(.number(.float64), numbers)])]), ColumnChoices(#"{"missing": "mean"}"#)).inputs?[0].missing
    }
    let most = Double.greatestFiniteMagnitude
    guard case .mean(let found) = try mean([1.7e308, 1.7e308, 1.7e308]) else { throw Failure(.internal, "no mean") }
    #expect(abs(found / 1.7e308 - 1) < 1e-15)
    #expect(try mean([most, most, most, most]) == .mean(most) && mean([-most, -most, -most]) == .mean(-most))
    #expect(try mean([5e-324, 5e-324]) == .mean(5e-324) && mean([1, 2, 4.5]) == .mean(2.5))
  }

  /// No cell of a column of nulls is read: this one has more than can be counted.
  @Test func aColumnOfNullsIsMissingAtOnce() throws {
    let part = try ColumnPart(ColumnPart.Layout(type: .null, count: 1 << 50, offset: 0, nullCount: 1 << 50, buffers: []))
    #expect { try ColumnRecord(fitting: try memory.table([("x", [part])]), ColumnChoices()) } throws: { "\($0)".hasPrefix("column 'x': its value at row 0 is missing") }
    #expect { try ColumnRecord(fitting: try memory.table([("x", [part])]), ColumnChoices(#"{"missing": "mean"}"#)) } throws: { "\($0)".contains("every value is missing") }
    #expect { try EncodedRows(try memory.table([("x", [part])]), nil) } throws: { "\($0)".contains("row 0 is missing") }
  }
}
