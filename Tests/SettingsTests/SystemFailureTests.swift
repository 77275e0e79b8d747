import Settings
import Testing

@Suite struct SystemFailureTests {
  @Test func namesActionFileAndReason() {
    // ENOENT is 2 on Linux.
    #expect(fileFailure("open", "model.sode", code: 2) == Failure(.file, "cannot open 'model.sode': No such file or directory"))
  }

  @Test func aHugePathIsCut() {
    #expect(fileFailure("open", String(repeating: "a", count: 100_000), code: 36).message.utf8.count < 700)
  }
}
