import CShims
import CStableODE
import Settings

// Section 7 of the header, cancel tokens: a token is a flag in its handle's slot and owns no object. Requesting a token therefore takes no lock, allocates nothing
// and changes no reference count, so that a signal handler may do it.

/// The number of cancel tokens among the kinds of handles; see `HandleKind` for the others.
private let tokenKind: UInt32 = 5

@_cdecl("sode_cancel_token_create") @implementation
public func sode_cancel_token_create(_ token: UnsafeMutablePointer<OpaquePointer?>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(token, "token")
    let word = shim_handle_create(tokenKind, nil)
    guard word != 0, let handle = OpaquePointer(bitPattern: UInt(word)) else { throw Failure(.memory, "memory: no room for another handle") }
    out.pointee = handle
  }
}

/// Writes no message on failure, because that is not safe in a signal handler; the status alone tells what is wrong.
@_cdecl("sode_cancel_token_request") @implementation
public func sode_cancel_token_request(_ token: OpaquePointer?) -> sode_status {
  guard let token else { return Status.nullPointer.rawValue }
  return shim_handle_set_flag(handleWord(token), tokenKind, 1) == 0 ? Status.ok.rawValue : Status.invalidHandle.rawValue
}

@_cdecl("sode_cancel_token_reset") @implementation
public func sode_cancel_token_reset(_ token: OpaquePointer?) -> sode_status {
  reporting { () throws(Failure) in
    let verdict = shim_handle_set_flag(handleWord(try required(token, "token")), tokenKind, 0)
    guard verdict == 0 else { throw handleFailure(verdict, "cancel token", "token") }
  }
}

@_cdecl("sode_cancel_token_free") @implementation
public func sode_cancel_token_free(_ token: OpaquePointer?) {
  guard let token else { return }
  var nothing: UnsafeMutableRawPointer?
  let verdict = shim_handle_free(handleWord(token), tokenKind, &nothing)
  if verdict != 0 { keepLastError(handleFailure(verdict, "cancel token", "token")) }
}

/// Calls `body` with a closure that tells whether the token has been requested, or with nil if `token` is 0 (no token). The token may be freed meanwhile.
func asking<Result>(
  _ token: UInt64, _ argument: StaticString, _ body: ((() -> Bool)?) throws(Failure) -> Result
) throws(Failure) -> Result {
  guard token != 0 else { return try body(nil) }
  var nothing: UnsafeMutableRawPointer?
  let verdict = shim_handle_enter(token, tokenKind, 1, &nothing)
  guard verdict == 0, let flag = shim_handle_flag(token) else { throw handleFailure(verdict, "cancel token", argument) }
  defer { shim_handle_leave(token, &nothing) }
  return try body { shim_flag_load(flag) != 0 }
}
