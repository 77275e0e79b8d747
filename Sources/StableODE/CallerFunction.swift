import CShims
import Settings

/// Calls a C function of the caller's with one to six pointers, and gives its answer.
///
/// - Parameters:
///   - function: of the type `int32_t (*)(void *, …)` with as many pointers as `arguments` holds.
///   - what: its name in messages ("the loss callback").
/// - Throws: `callbackFailed` with the exception's text if the function throws a C++ exception. It is caught here, because no frame of Swift may be unwound.
/// - Cost: one call in addition to the function's own; no allocation.
func call(_ function: UnsafeRawPointer, _ what: StaticString, _ arguments: [UnsafeMutableRawPointer?]) throws(Failure) -> Int32 {
  let outcome = arguments.withUnsafeBufferPointer { call(function, $0) }
  guard !outcome.hasThrown else { throw exception(of: what) }
  return outcome.answer
}

/// As `call(_:_:_:)`, with arguments wherever they lie. If the function throws, `exception(of:)` says what.
func call(_ function: UnsafeRawPointer, _ arguments: UnsafeBufferPointer<UnsafeMutableRawPointer?>) -> (answer: Int32, hasThrown: Bool) {
  var answer: Int32 = 0
  let threw = sode_shim_call(unsafeBitCast(function, to: (@convention(c) () -> Void).self), Int32(arguments.count), arguments.baseAddress, &answer)
  return (answer, threw != 0)
}

/// The failure for the exception that this thread's last call caught.
func exception(of what: StaticString) -> Failure {
  let text = String(cString: sode_shim_thrown())
  return Failure(.callbackFailed, "\(what) threw an exception\(text.isEmpty ? "" : ": \(text)")")
}

/// Calls a caller's release function and ignores exceptions: freeing a data set has no way to report them.
func callRelease(_ function: @convention(c) (UnsafeMutableRawPointer?) -> Void, _ userData: UnsafeMutableRawPointer?) {
  _ = sode_shim_call_release(function, userData)
}

/// Calls `body` with the addresses of local values, which are valid during the call only.
func withPointer<A, Result>(_ a: inout A, _ body: (UnsafeMutableRawPointer) throws(Failure) -> Result) throws(Failure) -> Result {
  try withUnsafeMutablePointer(to: &a) { pointer throws(Failure) in try body(UnsafeMutableRawPointer(pointer)) }
}
func withPointers<A, B, C, Result>(
  _ a: inout A, _ b: inout B, _ c: inout C, _ body: (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
  try withPointer(&a) { first throws(Failure) in
    try withPointer(&b) { second throws(Failure) in try withPointer(&c) { third throws(Failure) in try body(first, second, third) } }
  }
}
