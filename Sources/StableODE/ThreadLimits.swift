import CShims
import CStableODE
import LinearAlgebra
import Settings

// Section 7 of the header: limits of a thread's calls, and the watch that enforces them.

@_cdecl("sode_set_thread_limits") @implementation
public func sode_set_thread_limits(_ limits: UnsafePointer<sode_limits>?) -> sode_status {
  reportingUnlimited { () throws(Failure) in
    var chosen = sode_shim_limits()
    if let limits {
      let given = try CallLimits(limits)
      guard given.epochs == 0 else {
        throw Failure(.invalidArgument, "limits->epochs is \(given.epochs); it must be 0 in the limits of a thread")
      }
      try asking(given.token, "limits->cancel") { _ throws(Failure) in }
      chosen = sode_shim_limits(milliseconds: given.milliseconds, token: given.token, tick: given.tick, user_data: given.userData)
    }
    sode_shim_thread_limits().pointee = chosen
  }
}

/// A caller's `sode_limits`, checked.
struct CallLimits {
  var epochs = 0
  var milliseconds: Int64 = 0
  /// The handle of a cancel token; 0 without one.
  var token: UInt64 = 0
  var tick: sode_tick?
  var userData: UnsafeMutableRawPointer?

  /// - Parameter limits: NULL for no limits.
  init(_ limits: UnsafePointer<sode_limits>?) throws(Failure) {
    guard let limits else { return }
    let given = try readStruct(limits, zero: sode_limits(), "limits")
    epochs = try checked(given.epochs, "limits->epochs", in: 0...1_000_000_000)
    milliseconds = Int64(try checked(given.milliseconds, "limits->milliseconds", in: 0...Int64.max))
    token = given.cancel.map(handleWord) ?? 0
    (tick, userData) = (given.tick, given.user_data)
  }
}

/// Runs `body` under a watch that enforces the thread's limits and, if given, the call's own: the shorter time, either token, both ticks.
///
/// All entries but `sode_set_thread_limits` go through here. Cost: two reads of thread-local memory if there are no limits.
/// - Throws: `invalidHandle` for a token that has been freed; what `body` throws.
@inline(__always)
func watching<Result>(_ own: CallLimits?, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  let thread = sode_shim_thread_limits().pointee
  if own == nil, thread.milliseconds == 0, thread.token == 0, thread.tick == nil {
    // A call within a callback is not subject to the limits of the call that runs the callback.
    return Watch.current === Watch.none ? try body() : try Watch.none.asCurrent(body)
  }
  return try watched(own, thread, body)
}

@inline(never)
private func watched<Result>(_ own: CallLimits?, _ thread: sode_shim_limits, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
  try asking(own?.token ?? 0, "limits->cancel") { isOwnRequested throws(Failure) in
    try asking(thread.token, "the token of sode_set_thread_limits") { isThreadRequested throws(Failure) in
      let times = [own?.milliseconds ?? 0, thread.milliseconds].filter { $0 > 0 }
      let watch = Watch(
        milliseconds: times.min() ?? 0, isCancelled: either(isOwnRequested, isThreadRequested),
        tick: both(own.flatMap { own in own.tick.map { guarded($0, own.userData) } }, thread.tick.map { guarded($0, thread.user_data) }))
      return try watch.asCurrent(body)
    }
  }
}

private func either(_ first: (() -> Bool)?, _ second: (() -> Bool)?) -> (() -> Bool)? {
  guard let first, let second else { return first ?? second }
  return { first() || second() }
}

/// A tick whose C++ exceptions end in the shim and become failures.
private func guarded(_ tick: @escaping sode_tick, _ userData: UnsafeMutableRawPointer?) -> () throws(Failure) -> Int32 {
  { () throws(Failure) in try call(unsafeBitCast(tick, to: UnsafeRawPointer.self), "the tick callback", [userData]) }
}

private func both(_ first: (() throws(Failure) -> Int32)?, _ second: (() throws(Failure) -> Int32)?) -> (() throws(Failure) -> Int32)? {
  guard let first, let second else { return first ?? second }
  return { () throws(Failure) in
    let answer = try first()
    return answer != 0 ? answer : try second()
  }
}
