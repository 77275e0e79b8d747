import CStableODE
import Settings
import Testing

struct VersionEntriesTests {
  @Test func numberAndTextAreTheHeaders() {
    #expect(sode_version_number() == SODE_VERSION_MAJOR * 10000 + SODE_VERSION_MINOR * 100 + SODE_VERSION_PATCH)
    #expect(String(cString: sode_version_text()) == "\(SODE_VERSION_MAJOR).\(SODE_VERSION_MINOR).\(SODE_VERSION_PATCH)")
    #expect(String(cString: sode_build_info()).contains("instruction set"))
  }

  /// The Swift statuses and the header's list agree: the numbers are the same, and each has a name.
  @Test(arguments: Status.allCases) func everyStatusIsInTheHeader(_ status: Status) {
    let name = String(cString: sode_status_name(status.rawValue))
    #expect(name.hasPrefix("SODE_") && name != "SODE_UNKNOWN_STATUS")
    #expect(name.hasPrefix("SODE_ERR_") == (status.rawValue < 0))
    // SODE_ERR_SHAPE_MISMATCH is shapeMismatch.
    let words = name.dropFirst(status.rawValue < 0 ? 9 : 5).lowercased().split(separator: "_")
    let camel = (words.first.map(String.init) ?? "") + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    #expect(camel == "\(status)")
  }

  @Test func theHeaderHasNoStatusMore() {
    let known = Set(Status.allCases.map(\.rawValue))
    for number in Int32(-200)...200 where !known.contains(number) { #expect(String(cString: sode_status_name(number)) == "SODE_UNKNOWN_STATUS") }
  }
}
