import CStableODE
import Testing

struct GuardTests {
  /// Success leaves the last message; each failure replaces it; another thread has its own.
  @Test func lastErrorIsThisThreadsLastFailure() throws {
    let network = try TestNetwork()
    #expect(sode_network_describe(nil, nil) == SODE_ERR_NULL_POINTER)
    #expect(lastError() == "info is NULL; a pointer is needed")
    _ = network.info
    #expect(lastError() == "info is NULL; a pointer is needed")
    #expect(sode_network_states(network.handle, 9, nil, nil) == SODE_ERR_OUT_OF_RANGE)
    #expect(lastError() == "block is 9; it must be between 0 and 0")
  }

  /// A message longer than the buffer is cut between characters.
  @Test func longMessagesStayValid() throws {
    let name = String(repeating: "ü", count: 1200)
    var made: OpaquePointer?
    #expect(sode_dataset_load_idx(name, name, &made) < 0)
    let message = lastError()
    #expect(message.utf8.count < 1024 && !message.unicodeScalars.contains("\u{FFFD}"))
  }

  @Test func outParametersStayOnError() throws {
    let network = try TestNetwork()
    var count: Int64 = 77
    #expect(sode_registry_count("no such registry", &count) == SODE_ERR_UNKNOWN_NAME)
    #expect(sode_network_state_shape(network.handle, 5, &count, nil) == SODE_ERR_OUT_OF_RANGE)
    #expect(count == 77)
  }
}
