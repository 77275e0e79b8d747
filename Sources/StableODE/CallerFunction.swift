import CShims
import Settings

/// Calls a C function of the caller's with two to five pointers, and gives its answer.
///
/// - Parameters:
///   - function: of the type `int32_t (*)(void *, …)` with as many pointers as `arguments` holds.
///   - what: its name in messages ("the loss callback").
/// - Throws: `callbackFailed` with the exception's text, when it throws one of C++: the exception ends here, for no frame of Swift may be unwound.
/// - Cost: a call more than the function itself; no allocation.
func call(_ function: UnsafeRawPointer, _ what: StaticString, _ arguments: [UnsafeMutableRawPointer?]) throws(Failure) -> Int32 {
  var answer: Int32 = 0
  let threw = arguments.withUnsafeBufferPointer { arguments in
    sode_shim_call(unsafeBitCast(function, to: (@convention(c) () -> Void).self), Int32(arguments.count), arguments.baseAddress, &answer)
  }
  guard threw == 0 else { throw exception(of: what) }
  return answer
}

/// The failure of a function that threw, as this thread's last call knows it.
private func exception(of what: StaticString) -> Failure {
  let text = String(cString: sode_shim_thrown())
  return Failure(.callbackFailed, "\(what) threw an exception\(text.isEmpty ? "" : ": \(text)")")
}

/// Calls a caller's release function. What it throws goes nowhere: who frees a data set cannot be told.
func callRelease(_ function: @convention(c) (UnsafeMutableRawPointer?) -> Void, _ userData: UnsafeMutableRawPointer?) {
  _ = sode_shim_call_release(function, userData)
}

/// The addresses of local values, for the length of `body`.
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
