import CStableODE
import LinearAlgebra
import Testing

/// Return values of the caller's functions. Tests/CInterfaceTests/c/exceptions.cpp tests C++ exceptions, because only a C++ compiler can throw them.
@Suite struct CallerFunctionTests {
  /// Each of three callbacks receives its own pointers, and its return value is passed on.
  @Test func pointersAndAnswersGoThrough() throws {
    let network = try TestNetwork()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    var seen: (Int64, Int32) = (-1, 5)
    let callback: sode_callback = { progress, user in
      guard let progress, let seen = user?.assumingMemoryBound(to: (Int64, Int32).self) else { return -1 }
      seen.pointee.0 = progress.pointee.epoch
      return seen.pointee.1
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
      pointer.pointee.1 = -7
      #expect(sode_trainer_run(trainer, data.0, nil, nil) == SODE_ERR_CALLBACK_FAILED)
      #expect(lastError().contains("-7"))
    }
    #expect(seen.0 >= 0)
  }
}
