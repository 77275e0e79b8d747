import CStableODE
import LinearAlgebra
import Settings

// Section 13 of the header: the process's numeric memory.

@_cdecl("sode_set_allocator") @implementation
public func sode_set_allocator(_ allocator: UnsafePointer<sode_allocator>?) -> sode_status {
  reporting { () throws(Failure) in
    let given = try readStruct(try required(allocator, "allocator"), zero: sode_allocator(), "allocator")
    guard let allocate = given.allocate, let release = given.release else {
      throw Failure(.nullPointer, "allocator: allocate or release is NULL; both functions are needed")
    }
    try Memory.setAllocator(allocate: allocate, release: release, user: given.user_data)
  }
}

@_cdecl("sode_set_memory_limit") @implementation
public func sode_set_memory_limit(_ bytes: Int64) -> sode_status {
  reporting { () throws(Failure) in Memory.limit = try checked(bytes, "bytes", in: 0...Int64.max) }
}

@_cdecl("sode_memory_usage") @implementation
public func sode_memory_usage(_ current: UnsafeMutablePointer<Int64>?, _ peak: UnsafeMutablePointer<Int64>?) -> sode_status {
  current?.pointee = Int64(Memory.current)
  peak?.pointee = Int64(Memory.peak)
  return Status.ok.rawValue
}

@_cdecl("sode_reset_memory_peak") @implementation
public func sode_reset_memory_peak() -> sode_status {
  Memory.resetPeak()
  return Status.ok.rawValue
}
