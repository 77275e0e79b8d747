import CStableODE
import LinearAlgebra
import Testing

/// Return values of the caller's functions. Tests/CInterfaceTests/c/exceptions.cpp tests C++ exceptions, because only a C++ compiler can throw them.
@Suite struct CallerFunctionTests {
  private struct Seen {
    var epochs: [Int64] = []
    var answer: Int32 = 5
  }

  /// The callback receives its pointers, and its return value is passed on: each run ends at its first epoch.
  @Test func pointersAndAnswersGoThrough() throws {
    let network = try TestNetwork()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    var seen = Seen()
    let callback: sode_callback = { progress, user in
      guard let progress, let seen = user?.assumingMemoryBound(to: Seen.self) else { return -1 }
      guard progress.pointee.kind == Int32(SODE_PROGRESS_EPOCH) else { return 0 }
      seen.pointee.epochs.append(progress.pointee.epoch)
      return seen.pointee.answer
    }
    var data: (OpaquePointer?, OpaquePointer?) = (nil, nil)
    #expect(sode_dataset_create_problem("ellipses", 20, 10, 1, &data.0, &data.1) == SODE_OK)
    defer {
      sode_dataset_free(data.0)
      sode_dataset_free(data.1)
    }
    var info = sode_network_info()
    info.struct_size = UInt32(MemoryLayout<sode_network_info>.size)
    #expect(sode_network_describe(network.handle, &info) == SODE_OK && info.inputs == 2)
    try withUnsafeMutablePointer(to: &seen) { pointer in
      #expect(sode_trainer_set_callback(trainer, callback, pointer) == SODE_OK)
      #expect(sode_trainer_run(trainer, data.0, nil, nil) == SODE_STOPPED_BY_CALLBACK)
      pointer.pointee.answer = -7
      #expect(sode_trainer_run(trainer, data.0, nil, nil) == SODE_ERR_CALLBACK_FAILED)
      #expect(lastError().contains("-7"))
    }
    #expect(seen.epochs == [1, 2])
  }
}
