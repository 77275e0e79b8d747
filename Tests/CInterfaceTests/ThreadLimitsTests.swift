import CStableODE
import Glibc
import Testing

struct ThreadLimitsTests {
  private func limits(milliseconds: Int64 = 0, token: OpaquePointer? = nil) -> sode_limits {
    var limits = sode_limits()
    limits.struct_size = UInt32(MemoryLayout<sode_limits>.size)
    (limits.milliseconds, limits.cancel) = (milliseconds, token)
    return limits
  }

  private func evaluate(_ network: TestNetwork, _ dataset: TestDataset, _ result: inout sode_evaluation) -> sode_status {
    result = sode_evaluation()
    (result.struct_size, result.samples) = (UInt32(MemoryLayout<sode_evaluation>.size), -1)
    return sode_network_evaluate(network.handle, dataset.handle, 1, &result)
  }

  /// The limits of a thread apply to its own calls only, until they are removed.
  @Test func aThreadsTokenEndsItsCalls() throws {
    let (network, dataset) = (try TestNetwork(), try TestDataset())
    var token: OpaquePointer?
    var result = sode_evaluation()
    #expect(sode_cancel_token_create(&token) == SODE_OK)
    var given = limits(token: token)
    #expect(sode_set_thread_limits(&given) == SODE_OK)
    defer { _ = sode_set_thread_limits(nil) }
    #expect(evaluate(network, dataset, &result) == SODE_OK && result.samples > 0)
    #expect(sode_cancel_token_request(token) == SODE_OK)
    #expect(evaluate(network, dataset, &result) == SODE_CANCELLED && result.samples == -1)
    #expect(lastError() == "cancelled: the cancel token was requested")
    #expect(sode_cancel_token_reset(token) == SODE_OK)
    #expect(evaluate(network, dataset, &result) == SODE_OK)
    sode_cancel_token_free(token)
    #expect(evaluate(network, dataset, &result) == SODE_ERR_INVALID_HANDLE && result.samples == -1)
    #expect(lastError() == "the token of sode_set_thread_limits: this cancel token has been freed")
    #expect(sode_set_thread_limits(nil) == SODE_OK)
    #expect(evaluate(network, dataset, &result) == SODE_OK)
  }

  /// Long calls tick, and the tick's return value can end them.
  @Test func aTickEndsALongCall() throws {
    let network = try TestNetwork(#"{"inputs": 2, "outputs": 3, "width": 32, "layers": 4000}"#)
    let dataset = try TestDataset()
    var large: OpaquePointer?
    #expect(sode_dataset_create_problem("peaks", 200_000, 1, 1, &large, nil) == SODE_ERR_NULL_POINTER)
    var other: OpaquePointer?
    #expect(sode_dataset_create_problem("peaks", 200_000, 1, 1, &large, &other) == SODE_OK)
    defer { for handle in [large, other] { sode_dataset_free(handle) } }
    let peaks = try TestNetwork(#"{"inputs": 2, "outputs": 5, "width": 32, "layers": 4000}"#)
    var count: Int32 = 0
    var given = limits()
    given.tick = { user in
      guard let count = user?.assumingMemoryBound(to: Int32.self) else { return -1 }
      count.pointee += 1
      return count.pointee >= 2 ? 5 : 0
    }
    try withUnsafeMutablePointer(to: &count) { count in
      given.user_data = UnsafeMutableRawPointer(count)
      #expect(sode_set_thread_limits(&given) == SODE_OK)
      defer { _ = sode_set_thread_limits(nil) }
      var result = sode_evaluation()
      result.struct_size = UInt32(MemoryLayout<sode_evaluation>.size)
      #expect(sode_network_evaluate(peaks.handle, large, 1, &result) == SODE_STOPPED_BY_CALLBACK)
      #expect(count.pointee == 2 && lastError() == "stopped by the callback, which returned 5")
      // Calls without limits do not tick.
      #expect(sode_set_thread_limits(nil) == SODE_OK)
      #expect(evaluate(network, dataset, &result) == SODE_OK && count.pointee == 2)
    }
  }

  @Test func limitsThatMakeNoSenseAreRefused() {
    var given = limits(milliseconds: -1)
    #expect(sode_set_thread_limits(&given) == SODE_ERR_OUT_OF_RANGE)
    given = limits()
    given.epochs = 1
    #expect(sode_set_thread_limits(&given) == SODE_ERR_INVALID_ARGUMENT)
    given = limits(token: OpaquePointer(bitPattern: 64))
    #expect(sode_set_thread_limits(&given) == SODE_ERR_INVALID_HANDLE && lastError().hasPrefix("limits->cancel"))
    given = sode_limits()
    #expect(sode_set_thread_limits(&given) == SODE_ERR_INVALID_ARGUMENT && lastError().contains("struct_size"))
  }
}
