import CStableODE
import Testing

/// What streams do for training is in c/streams.c.
@Suite struct StreamEntriesTests {
  @Test func aStreamReleasesItsSourceOnce() {
    var released: Int32 = 0
    withUnsafeMutablePointer(to: &released) { count in
      var source = sode_source()
      source.struct_size = UInt32(MemoryLayout<sode_source>.size)
      source.next = { _, _ in 0 }
      source.release = { $0?.assumingMemoryBound(to: Int32.self).pointee += 1 }
      source.user_data = UnsafeMutableRawPointer(count)
      var stream: OpaquePointer?
      #expect(sode_stream_create(&source, 0, &stream) == SODE_ERR_OUT_OF_RANGE && count.pointee == 0)
      #expect(sode_stream_create(&source, 10, &stream) == SODE_OK && count.pointee == 0)
      sode_stream_free(stream)
      #expect(count.pointee == 1)
      sode_stream_free(stream)
      #expect(count.pointee == 1 && lastError().contains("freed"))
    }
  }

  @Test func anEmptySourceAndAForeignBatchAreErrors() throws {
    let network = try TestNetwork()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    for (next, status, message) in [
      ({ _, _ in 0 }, SODE_ERR_INVALID_DATA, "the source has no samples"), ({ _, _ in -3 }, SODE_ERR_CALLBACK_FAILED, "next of the source returned -3"), ({ _, _ in 2 }, SODE_STOPPED_BY_CALLBACK, "stopped"),
      ({ batch, _ in batch?.pointee = OpaquePointer(bitPattern: 12345); return 0 }, SODE_ERR_INVALID_HANDLE, "the batch of the source is not a dataset"),
    ] as [(sode_next, Int, String)] {
      var source = sode_source()
      source.struct_size = UInt32(MemoryLayout<sode_source>.size)
      source.next = next
      var stream: OpaquePointer?
      #expect(sode_stream_create(&source, 10, &stream) == SODE_OK)
      defer { sode_stream_free(stream) }
      #expect(sode_trainer_run_stream(trainer, stream, nil, nil) == sode_status(status) && lastError().contains(message), "\(lastError())")
    }
  }
}
