import Foundation
import Settings
import Testing

@Suite struct FailureTests {
  /// The header is authoritative for the name and the number of every status.
  @Test func statusesAreThoseOfTheHeader() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let header = try String(contentsOf: root.appendingPathComponent("include/stableode.h"), encoding: .utf8)
    var listed: [String: Int32] = [:]
    for match in header.matches(of: #/X\((?:ERR_)?([A-Z_]+), (-?[0-9]+), "/#) { listed[String(match.1)] = Int32(match.2) }
    var ours: [String: Int32] = [:]
    for status in Status.allCases {
      // stoppedByCallback → STOPPED_BY_CALLBACK
      let name = "\(status)".map { $0.isUppercase ? "_\($0)" : "\($0)".uppercased() }.joined()
      ours[name] = status.rawValue
    }
    #expect(ours.count == Status.allCases.count, "two statuses share a name")
    #expect(ours == listed)
  }

  @Test func aFailureIsItsMessage() {
    #expect("\(Failure(.outOfRange, "step_size is -0.1; it must be > 0"))" == "step_size is -0.1; it must be > 0")
  }
}
