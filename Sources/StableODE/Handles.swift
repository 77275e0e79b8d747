import CShims
import CStableODE
import Settings

/// A kind of handle: its number in the handle's top byte, its noun in messages, and whether many threads may use one handle at once.
struct HandleKind<Object: AnyObject> {
  let number: UInt32
  let noun: StaticString
  let shared: Bool
}

/// The word behind a typed pointer of the C interface.
@inline(__always)
func handleWord(_ handle: OpaquePointer) -> UInt64 { UInt64(UInt(bitPattern: handle)) }

/// Calls `body` with a handle's object, which stays alive and, unless its kind is shared, unused by others until `body` ends.
///
/// - Parameter argument: its name in messages.
/// - Throws: `nullPointer`; `invalidHandle` after a free, for a forged pointer and for a handle of another kind; `handleBusy`; what `body` throws.
/// Cost: two compare-and-swaps; no lock, no allocation.
@inline(__always)
func using<Object, Result>(
  _ handle: OpaquePointer?, _ kind: HandleKind<Object>, _ argument: StaticString, _ body: (Object) throws(Failure) -> Result
) throws(Failure) -> Result {
  let word = handleWord(try required(handle, argument))
  var address: UnsafeMutableRawPointer?
  let verdict = shim_handle_enter(word, kind.number, kind.shared ? 1 : 0, &address)
  guard verdict == Int32(SHIM_HANDLE_OK), let address else { throw handleFailure(verdict, kind.noun, argument, word) }
  // The table owns the object until the use ends, so what the body borrows from it stays.
  defer { leave(word, kind) }
  return try body(Unmanaged<Object>.fromOpaque(address).takeUnretainedValue())
}

/// As `using(_:_:_:_:)`, for a body that changes nothing in the object: it may also run in a callback of the very call that is using the object.
func reading<Object, Result>(
  _ handle: OpaquePointer?, _ kind: HandleKind<Object>, _ argument: StaticString, _ body: (Object) throws(Failure) -> Result
) throws(Failure) -> Result {
  let word = handleWord(try required(handle, argument))
  guard shim_calling(word) != 0 else { return try using(handle, kind, argument, body) }
  var address: UnsafeMutableRawPointer?
  let verdict = shim_handle_object(word, kind.number, &address)
  guard verdict == Int32(SHIM_HANDLE_OK), let address else { throw handleFailure(verdict, kind.noun, argument, word) }
  return try body(Unmanaged<Object>.fromOpaque(address).takeUnretainedValue())
}

/// Runs `body`, which calls a callback. Meanwhile `reading` accepts the handle on this thread, although it is in use.
func calling<Result>(back handle: OpaquePointer?, _ body: () -> Result) -> Result {
  guard let handle else { return body() }
  let before = shim_calling_begin(handleWord(handle))
  defer { shim_calling_end(before) }
  return body()
}

/// As `using(_:_:_:_:)`, with nil for a handle that may be NULL.
func usingOptional<Object, Result>(
  _ handle: OpaquePointer?, _ kind: HandleKind<Object>, _ argument: StaticString, _ body: (Object?) throws(Failure) -> Result
) throws(Failure) -> Result {
  guard handle != nil else { return try body(nil) }
  return try using(handle, kind, argument) { object throws(Failure) in try body(object) }
}

@inline(__always)
private func leave<Object>(_ word: UInt64, _ kind: HandleKind<Object>) {
  var orphan: UnsafeMutableRawPointer?
  shim_handle_leave(word, &orphan)
  if let orphan { Unmanaged<Object>.fromOpaque(orphan).release() }
}

/// Writes a new handle that owns `object`.
///
/// - Throws: `memory` when the table of handles is full or cannot grow; `out` is then untouched.
func hand<Object>(_ object: Object, _ kind: HandleKind<Object>, to out: UnsafeMutablePointer<OpaquePointer?>) throws(Failure) {
  let owned = Unmanaged.passRetained(object)
  let word = shim_handle_create(kind.number, owned.toOpaque())
  guard word != 0, let handle = OpaquePointer(bitPattern: UInt(word)) else {
    owned.release()
    throw Failure(.memory, "memory: no room for another handle")
  }
  out.pointee = handle
}

/// Frees a handle; NULL is allowed. The object of a handle in use is released when its users have finished. An invalid handle sets the last error message and has no other effect.
func free<Object>(_ handle: OpaquePointer?, _ kind: HandleKind<Object>, _ argument: StaticString) {
  guard let handle else { return }
  var orphan: UnsafeMutableRawPointer?
  let verdict = shim_handle_free(handleWord(handle), kind.number, &orphan)
  if let orphan { Unmanaged<Object>.fromOpaque(orphan).release() }
  if verdict != Int32(SHIM_HANDLE_OK) { keepLastError(handleFailure(verdict, kind.noun, argument)) }
}

/// The failure for a verdict of the handle table.
@inline(never)
func handleFailure(_ verdict: Int32, _ noun: StaticString, _ argument: StaticString, _ word: UInt64 = 0) -> Failure {
  switch verdict {
  case Int32(SHIM_HANDLE_BUSY) where shim_calling(word) != 0:
    Failure(.handleBusy, "\(argument): this \(noun) is running and this is its callback, which may save it and read its history and options; make other calls when the run has ended")
  case Int32(SHIM_HANDLE_BUSY):
    Failure(.handleBusy, "\(argument): this \(noun) is in use by another call; one thread at a time may use it")
  case Int32(SHIM_HANDLE_FREED): Failure(.invalidHandle, "\(argument): this \(noun) has been freed")
  case Int32(SHIM_HANDLE_WRONG_KIND): Failure(.invalidHandle, "\(argument) is a handle of another kind; a \(noun) is needed")
  default: Failure(.invalidHandle, "\(argument) is not a \(noun) of this library")
  }
}
