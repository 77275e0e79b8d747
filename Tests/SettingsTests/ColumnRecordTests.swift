import Settings
import Testing

@Suite struct ColumnRecordTests {
  private let text =
    #"{"inputs":[{"name":"age","missing":"mean_and_indicator","mean":31.5},{"name":"city","categories":["Bonn",7,true],"unseen":"zeros","missing":"error"}],"target":{"names":["kind"],"classes":["a","b"]},"ignored":["id"]}"#

  @Test func aRecordIsReadAndWritten() throws {
    let record = try ColumnRecord(text)
    #expect(try record.json.written() == text)
    #expect(record.features == 2 + 3 && record.inputs?[1].kind == .category([.text("Bonn"), .integer(7), .bool(true)], .zeros))
    #expect(record.target?.classes?.map(\.text) == ["a", "b"] && record.ignored == ["id"])
    let short = try ColumnRecord(#"{"inputs": [{"name": "x"}, {"name": "c", "categories": ["a"]}]}"#)
    #expect(short.inputs?.map(\.missing) == [.error, .error] && short.inputs?[1].kind == .category([.text("a")], .error) && short.target == nil)
    #expect(try ColumnRecord("{}").features == nil)
  }

  @Test func wrongRecordsAreRefused() {
    for (text, message) in [
      ("[]", "it is an array; it must be an object"), (#"{"input": []}"#, "unknown member 'input'"), (#"{"inputs": []}"#, "inputs must be a list"),
      (#"{"inputs": [{"name": 3}]}"#, "inputs[0]: it must be an object with a name"), (#"{"inputs": [{"name": "x", "mising": 1}]}"#, "unknown member 'mising'"),
      (#"{"inputs": [{"name": "x", "missing": "median"}]}"#, "missing must be"), (#"{"inputs": [{"name": "x", "mean": "y"}]}"#, "mean must be a number"),
      (#"{"inputs": [{"name": "x"}, {"name": "x"}]}"#, "two inputs are called 'x'"), (#"{"inputs": [{"name": "x", "categories": [1, 1]}]}"#, "the category '1' occurs twice"),
      (#"{"inputs": [{"name": "x", "categories": [1.5]}]}"#, "a category is a real number"), (#"{"inputs": [{"name": "x", "categories": ["a"], "unseen": "x"}]}"#, "unseen must be"),
      (#"{"target": {"names": []}}"#, "target.names"), (#"{"target": {"names": ["a", "b"], "classes": ["x"]}}"#, "belong to one target"), (#"{"ignored": [1]}"#, "ignored must be"),
      (#"{"inputs": [{"name": "x", "missing": "mean"}]}"#, "inputs[0]: missing is 'mean' but there is no mean"), (#"{"inputs": [{"name": "x", "missing": "mean_and_indicator"}]}"#, "there is no mean"),
      (#"{"inputs": [{"name": "x\u0000y"}]}"#, "the name 'x…' has a zero byte"), (#"{"target": {"names": ["x\u0000"]}}"#, "the name of the target 'x…' has a zero byte"),
      (#"{"target": {"names": ["x"], "classes": ["a\u0000"]}}"#, "the class 'a…' has a zero byte"), (#"{"inputs": [{"name": "x"}], "ignored": ["x"]}"#, "the column 'x' is an input and ignored"),
    ] {
      do {
        _ = try ColumnRecord(text, status: .fileFormat)
        Issue.record("\(text) was taken")
      } catch {
        #expect(error.status == .fileFormat && error.message.hasPrefix("the record of columns: ") && error.message.contains(message), "\(error.message)")
      }
    }
    let long = #"{"ignored": [""# + String(repeating: "x", count: ColumnRecord.mostBytes) + #""]}"#
    #expect(throws: Failure(.outOfRange, "the record of columns has \(long.utf8.count) bytes; at most 1048576 are taken")) { try ColumnRecord(long) }
  }

  @Test func recordsThatSayTheSameAgree() throws {
    let record = try ColumnRecord(text)
    #expect(record.agrees(with: try ColumnRecord(#"{"target": {"names": ["other"], "classes": ["a", "b"]}}"#)))
    #expect(!record.agrees(with: try ColumnRecord(#"{"target": {"names": ["kind"], "classes": ["b", "a"]}}"#)))
    #expect(!record.agrees(with: try ColumnRecord(#"{"inputs": [{"name": "age"}]}"#)))
  }

  /// Texts are compared by their bytes, so that two spellings of one character are two categories, as the lookup in tables sees them.
  @Test func categoriesAreOrderedAndCompared() throws {
    #expect(CategoryName.text("\u{E9}") != .text("e\u{301}") && CategoryName.text("1") != .integer(1))
    #expect([.text("b"), .text("a"), .integer(3), .integer(-1), .bool(true), .bool(false)].sorted(by: CategoryName.isBefore) == [.bool(false), .bool(true), .integer(-1), .integer(3), .text("a"), .text("b")])
    #expect(try firstRepeated(["a", "b", "a", "b"]) == "a")
    #expect(try firstRepeated(["a", "b"]) == nil)
    #expect(try firstCommon(["a", "b", "c"], ["c", "b"]) == "b")
    #expect(try firstCommon(["a"], []) == nil)
    // A missing category becomes zeros, for which no mean is needed.
    #expect(try ColumnRecord(#"{"inputs": [{"name": "c", "categories": ["a"], "missing": "mean"}]}"#).inputs?[0].missing == .mean(0))
  }

  /// The targets of a matrix have no names, so that two of them are not one.
  @Test func unnamedTargetsAreDifferent() throws {
    let record = try ColumnRecord(#"{"target": {"names": ["", ""]}}"#)
    #expect(record.target?.names == ["", ""] && record.others.isEmpty)
    #expect(try ColumnRecord(record.json.written()) == record)
    #expect { try ColumnRecord(#"{"target": {"names": ["a", "", "a"]}}"#) } throws: { "\($0)".contains("two targets are called 'a'") }
    #expect(try ColumnRecord(#"{"target": {"names": ["a", ""]}, "weight": "w", "ignored": ["i"]}"#).others == ["a", "i", "w"])
  }

  @Test func aColumnHasOneUse() throws {
    let inputs = ["x", "z"].map { ColumnRecord.Input(name: $0, kind: .number, missing: .error) }
    func target(_ name: String) -> ColumnRecord.Target { ColumnRecord.Target(names: [name], classes: nil) }
    for (record, found) in [
      (ColumnRecord(inputs: inputs, target: target("x")), "the column 'x' is an input and a target"), (ColumnRecord(inputs: inputs, target: nil, weight: "z"), "the column 'z' is an input and the weight"),
      (ColumnRecord(inputs: inputs, target: nil, ignored: ["a", "z"]), "the column 'z' is an input and ignored"), (ColumnRecord(inputs: nil, target: target("y"), weight: "y"), "the column 'y' is a target and the weight"),
      (ColumnRecord(inputs: nil, target: target("y"), ignored: ["y"]), "the column 'y' is a target and ignored"), (ColumnRecord(inputs: nil, target: nil, ignored: ["w"], weight: "w"), "the column 'w' is the weight and ignored"),
      (ColumnRecord(inputs: inputs, target: target(""), ignored: ["i"], weight: "w"), nil), (ColumnRecord(inputs: nil, target: nil), nil),
    ] as [(ColumnRecord, String?)] { #expect(try record.twofoldColumn() == found) }
    for (text, found) in [
      (#"{"inputs": [{"name": "x"}], "weight": "x"}"#, "the column 'x' is an input and the weight"), (#"{"weight": "x", "ignored": ["x"]}"#, "the column 'x' is the weight and ignored"),
    ] { #expect { try ColumnRecord(text) } throws: { "\($0)".contains(found) } }
    // Targets may come in a table of their own.
    #expect(try ColumnRecord(#"{"inputs": [{"name": "x"}], "target": {"names": ["x"]}}"#).target?.names == ["x"])
  }
}
