import Glibc
import Settings

/// Structs of the C interface begin with `uint32_t struct_size` and grow only at their end. The library reads and writes only the bytes
/// that the caller's version of a struct has.

/// A copy of the caller's struct; fields that its version does not have are zero.
///
/// - Throws: `invalidArgument` when `struct_size` is not set.
func readStruct<Struct>(_ pointer: UnsafePointer<Struct>, zero: Struct, _ argument: StaticString) throws(Failure) -> Struct {
  let count = min(try structSize(pointer, argument), MemoryLayout<Struct>.size)
  var copy = zero
  withUnsafeMutableBytes(of: &copy) { bytes in
    if let base = bytes.baseAddress { memcpy(base, pointer, count) }
  }
  return copy
}

/// Writes to the caller's struct those fields of `value` that its version has; its `struct_size` stays.
func writeStruct<Struct>(_ value: Struct, to pointer: UnsafeMutablePointer<Struct>, _ argument: StaticString) throws(Failure) {
  let count = min(try structSize(pointer, argument), MemoryLayout<Struct>.size)
  var value = value
  let header = MemoryLayout<UInt32>.size
  withUnsafeBytes(of: &value) { bytes in
    if let base = bytes.baseAddress { memcpy(UnsafeMutableRawPointer(pointer) + header, base + header, count - header) }
  }
}

/// Checks and gives the `struct_size` of a struct, for example before the work whose result it is to hold.
func structSize<Struct>(_ pointer: UnsafePointer<Struct>, _ argument: StaticString) throws(Failure) -> Int {
  let size = Int(UnsafeRawPointer(pointer).loadUnaligned(as: UInt32.self))
  guard size >= 8 else {
    throw Failure(.invalidArgument, "\(argument)->struct_size is \(size); set it to sizeof *\(argument), here \(MemoryLayout<Struct>.size)")
  }
  return size
}

func structSize<Struct>(_ pointer: UnsafeMutablePointer<Struct>, _ argument: StaticString) throws(Failure) -> Int {
  try structSize(UnsafePointer(pointer), argument)
}
