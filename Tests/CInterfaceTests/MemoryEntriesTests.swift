import CStableODE
import Testing

/// Memory limits and allocators apply to the whole process, which these tests share with all others. So only the programs c/allocator.c and c/deep_memory.c set them.
struct MemoryEntriesTests {
  @Test func arraysAreCounted() throws {
    var current: Int64 = -1
    var peak: Int64 = -1
    let network = try TestNetwork(#"{"inputs": 100, "outputs": 2, "layers": 50}"#)
    #expect(sode_memory_usage(&current, &peak) == SODE_OK)
    #expect(current >= 50 * 100 * 101 * 4 && peak >= current)
    withExtendedLifetime(network) {}
  }

  @Test func wrongSettingsAreRefused() {
    #expect(sode_set_memory_limit(-1) == SODE_ERR_OUT_OF_RANGE)
    #expect(lastError().contains("bytes is -1"))
    #expect(sode_set_allocator(nil) == SODE_ERR_NULL_POINTER)
    var allocator = sode_allocator()
    #expect(sode_set_allocator(&allocator) == SODE_ERR_INVALID_ARGUMENT)
    allocator.struct_size = UInt32(MemoryLayout<sode_allocator>.size)
    #expect(sode_set_allocator(&allocator) == SODE_ERR_NULL_POINTER)
  }
}
