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
    #expect(Metadata(read: [("b", "2"), ("a", "1")]).entries.map(\.key) == ["a", "b"])
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
