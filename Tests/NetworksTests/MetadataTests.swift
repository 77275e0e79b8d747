import Networks
import Settings
import Testing

@Suite struct MetadataTests {
  @Test func keepsTextsByKeyInOrder() throws {
    var metadata = Metadata()
    for (key, value) in [("note", "x"), ("classes", "a,b"), ("z", ""), ("note", "y")] { try metadata.set(key, value) }
    #expect(metadata.entries.map(\.key) == ["classes", "note", "z"] && metadata["note"] == "y" && metadata["none"] == nil)
    try metadata.set("z", nil)
    try metadata.set("none", nil)
    #expect(metadata.entries.map(\.key) == ["classes", "note"])
    #expect(try Metadata(read: [("b", "2"), ("a", "1")]).entries.map(\.key) == ["a", "b"])
  }

  /// The record of columns is hidden, wherever it stands; every other entry is found by its number.
  @Test func theCallersOwnAreNumbered() throws {
    for keys in [["a", "z"], ["z"], ["a"], []] {
      let entries = keys.map { (key: $0, value: "") } + [(key: Metadata.columnsKey, value: "{}")]
      let callers = try Metadata(read: entries).callers
      #expect(Array(callers).map(\.key) == keys && callers.count == keys.count && callers.indices.map { callers[$0].key } == keys)
      #expect(try Metadata(read: Array(entries.dropLast())).callers.map(\.key) == keys)
    }
  }

  @Test func thereAreNotTooMany() throws {
    let many = (0...Metadata.mostEntries).map { (key: "\($0)", value: "") }
    #expect { try Metadata(read: many) } throws: { ($0 as? Failure)?.message == "the metadata has 65537 entries; at most 65536 are allowed" }
    var full = try Metadata(read: Array(many.dropLast()))
    #expect { try full.set("one more", "") } throws: { ($0 as? Failure)?.status == .outOfRange }
    try full.set("0", "changed")
    #expect(full["0"] == "changed" && full.callers.count == Metadata.mostEntries)
  }

  /// A file has no more than can be set; its keys may be those of later versions.
  @Test func readsWithinTheSameLimits() throws {
    let most = String(repeating: "v", count: Metadata.mostBytes - 256)
    #expect(try Metadata(read: [(String(repeating: "k", count: 256), most)]).entries.count == 1)
    #expect(try Metadata(read: [("stableode.later", "x")])["stableode.later"] == "x")
    for entries in [[("", "v")], [(String(repeating: "k", count: 257), "v")], [("big", most + String(repeating: "v", count: 254))], [("a\0b", "v")], [("a", "v\0")]] {
      #expect { try Metadata(read: entries.map { (key: $0.0, value: $0.1) }) } throws: { ($0 as? Failure)?.status == .outOfRange }
    }
  }

  /// Keys that files use themselves, and notes that are too large for a header, are refused, and nothing changes.
  @Test func refusesKeysOfTheFileAndTooMuch() throws {
    var metadata = Metadata()
    try metadata.set("note", "x")
    for key in Metadata.reserved + ["", "stableode.", "stableode.later"] {
      #expect { try metadata.set(key, "") } throws: { ($0 as? Failure)?.status == .invalidArgument }
    }
    #expect { try metadata.set(String(repeating: "k", count: 257), "") } throws: { ($0 as? Failure)?.status == .outOfRange }
    #expect { try metadata.set("big", String(repeating: "v", count: Metadata.mostBytes)) } throws: { ($0 as? Failure)?.status == .outOfRange }
    #expect(metadata.entries.map(\.key) == ["note"])
    try metadata.set("big", String(repeating: "v", count: Metadata.mostBytes - 8))
  }
}
