import CShims
import Glibc
import Settings

/// The most bytes of a name, key or path.
let longestName = 4096
/// The most bytes of a JSON text.
let longestDocument = 64 << 20

/// What `SODE_TEXT_END` is in Swift, where a size_t is an Int.
let textEnd = -1

/// The empty text, where C needs a pointer.
var emptyText: UnsafePointer<CChar> {
  let empty: StaticString = ""
  return UnsafeRawPointer(empty.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// A zero-terminated text argument.
///
/// - Throws: `nullPointer`; `outOfRange` past `limit` bytes; `invalidArgument` when it is not UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ argument: StaticString, atMost limit: Int = longestName) throws(Failure) -> String {
  let pointer = try required(pointer, argument)
  let length = strnlen(pointer, limit + 1)
  guard length <= limit else { throw Failure(.outOfRange, "\(argument) is longer than \(limit) bytes") }
  return try text(bytes: UnsafeRawBufferPointer(start: pointer, count: length), argument)
}

/// A text argument of `length` bytes, or ended by a zero byte when `length` is `SODE_TEXT_END`.
func text(_ pointer: UnsafePointer<CChar>?, length: Int, _ argument: StaticString) throws(Failure) -> String {
  if length == textEnd { return try text(pointer, argument, atMost: longestDocument) }
  let pointer = try required(pointer, argument)
  guard (0...longestDocument).contains(length) else {
    throw Failure(.outOfRange, "\(argument): its length is \(UInt(bitPattern: length)) bytes; at most \(longestDocument) are read")
  }
  return try text(bytes: UnsafeRawBufferPointer(start: pointer, count: length), argument)
}

private func text(bytes: UnsafeRawBufferPointer, _ argument: StaticString) throws(Failure) -> String {
  guard let valid = String(validating: bytes, as: UTF8.self) else { throw Failure(.invalidArgument, "\(argument) is not valid UTF-8") }
  return valid
}

/// Copies a text and its final zero byte to the caller's buffer, or only gives its size if `buffer` is NULL and `capacity` is 0.
///
/// - Throws: `nullPointer` if there is nothing to write to; `bufferTooSmall`, after setting `needed`.
func copyOut(
  _ text: String, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?
) throws(Failure) {
  var text = text
  let failure = text.withUTF8 { bytes -> Failure? in
    do throws(Failure) {
      let size = bytes.count + 1
      if try wantsBytes(buffer, capacity, needed, size: size), let buffer {
        if let base = bytes.baseAddress { memcpy(buffer, base, bytes.count) }
        buffer[bytes.count] = 0
      }
      needed?.pointee = size
      return nil
    } catch {
      return error
    }
  }
  if let failure { throw failure }
}

/// The size-query convention: true if `size` bytes are to be copied to `buffer`, false if the caller only asks for the size.
func wantsBytes<Byte>(
  _ buffer: UnsafeMutablePointer<Byte>?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?, size: Int
) throws(Failure) -> Bool {
  try wantsBytes(UnsafeMutableRawPointer(buffer), capacity, needed, size: size)
}

func wantsBytes(_ buffer: UnsafeMutableRawPointer?, _ capacity: Int, _ needed: UnsafeMutablePointer<Int>?, size: Int) throws(Failure) -> Bool {
  guard buffer != nil else {
    guard capacity == 0 else { throw Failure(.nullPointer, "buffer is NULL but capacity is \(UInt(bitPattern: capacity))") }
    _ = try required(needed, "needed")
    return false
  }
  // C can give a capacity beyond Int.max, which is negative here and always enough.
  guard capacity < 0 || capacity >= size else {
    needed?.pointee = size
    throw Failure(.bufferTooSmall, "buffer: capacity is \(capacity) bytes; \(size) are needed")
  }
  return true
}

/// A copy of a text that lives as long as the library; equal texts give the same pointer.
func interned(_ text: String) throws(Failure) -> UnsafePointer<CChar> {
  var text = text
  let pointer = text.withUTF8 { bytes in
    bytes.withMemoryRebound(to: CChar.self) { shim_intern($0.baseAddress ?? emptyText, $0.count) }
  }
  guard let pointer else { throw Failure(.memory, "memory: no room for a text of \(text.utf8.count) bytes") }
  return pointer
}
