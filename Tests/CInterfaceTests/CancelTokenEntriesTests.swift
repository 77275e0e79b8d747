import CStableODE
import Testing

struct CancelTokenEntriesTests {
  @Test func aRequestEndsTheRunUntilReset() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    var token: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    #expect(sode_cancel_token_create(&token) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_json(trainer, #"{"epochs": 5, "batch_size": 2, "num_threads": 1}"#, -1) == SODE_OK)
    var limits = sode_limits()
    limits.struct_size = UInt32(MemoryLayout<sode_limits>.size)
    limits.cancel = token
    #expect(sode_cancel_token_request(token) == SODE_OK)
    #expect(sode_trainer_run(trainer, dataset.handle, nil, &limits) == SODE_CANCELLED)
    #expect(sode_cancel_token_reset(token) == SODE_OK)
    #expect(sode_trainer_run(trainer, dataset.handle, nil, &limits) == SODE_OK)
    sode_cancel_token_free(token)
    #expect(sode_trainer_run(trainer, dataset.handle, nil, &limits) == SODE_ERR_INVALID_HANDLE)
  }

  /// A failing request does not change the error message, because it may come from a signal handler.
  @Test func requestsAreSilent() {
    #expect(sode_cancel_token_reset(nil) == SODE_ERR_NULL_POINTER)
    let before = lastError()
    #expect(sode_cancel_token_request(OpaquePointer(bitPattern: 64)) == SODE_ERR_INVALID_HANDLE)
    #expect(lastError() == before)
  }
}
