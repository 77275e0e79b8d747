import CStableODE
import Testing

struct StructsTests {
  /// The library fills an older program's shorter struct up to its size, and leaves the unknown end of a newer program's longer struct unchanged.
  @Test func onlyWhatTheCallerHasIsWritten() throws {
    let network = try TestNetwork()
    var bytes = [UInt8](repeating: 0xaa, count: 400)
    bytes.withUnsafeMutableBytes { memory in
      let info = memory.baseAddress?.assumingMemoryBound(to: sode_network_info.self)
      for size in [16, MemoryLayout<sode_network_info>.size, 400] {
        memory.copyBytes(from: [UInt8](repeating: 0xaa, count: 400))
        memory.storeBytes(of: UInt32(size), as: UInt32.self)
        #expect(sode_network_describe(network.handle, info) == SODE_OK)
        #expect(memory.load(as: UInt32.self) == UInt32(size))
        #expect(memory.load(fromByteOffset: 4, as: Int32.self) == 32)
        #expect(memory.load(fromByteOffset: 8, as: Int64.self) == 2)
        let written = min(size, MemoryLayout<sode_network_info>.size)
        #expect(memory[written...].allSatisfy { $0 == 0xaa })
      }
      for size in [0, 1, 7] {
        memory.storeBytes(of: UInt32(size), as: UInt32.self)
        #expect(sode_network_describe(network.handle, info) == SODE_ERR_INVALID_ARGUMENT)
        #expect(lastError().contains("struct_size is \(size)"))
      }
    }
  }

  /// Fields that are missing in an older program's limits count as zero.
  @Test func missingFieldsAreZero() throws {
    let network = try TestNetwork()
    let dataset = try TestDataset()
    var trainer: OpaquePointer?
    #expect(sode_trainer_create(network.handle, &trainer) == SODE_OK)
    defer { sode_trainer_free(trainer) }
    #expect(sode_trainer_set_int(trainer, "epochs", 3) == SODE_OK)
    var limits = sode_limits()
    limits.struct_size = 16
    limits.epochs = 1
    limits.milliseconds = -5
    #expect(sode_trainer_run(trainer, dataset.handle, nil, &limits) == SODE_OK)
    var rows: Int64 = 0
    #expect(sode_trainer_history_count(trainer, &rows) == SODE_OK)
    #expect(rows == 1)
    limits.struct_size = UInt32(MemoryLayout<sode_limits>.size)
    #expect(sode_trainer_run(trainer, dataset.handle, nil, &limits) == SODE_ERR_OUT_OF_RANGE)
  }
}
