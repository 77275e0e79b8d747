import CShims
import CStableODE
import Settings

/// Runs an entry's body and gives its status, or the status of the failure that it throws. The failure's message, or the reason of an early end, becomes the thread's last error message.
///
/// Entries that return a `sode_status` go through this function, `reporting(_:)` or `reportingUnlimited(_:)`. The body works under the watch of the thread's limits, and in IEEE 754 arithmetic whatever the host has set (`shims_arithmetic.h`).
/// Cost: two reads of thread-local memory if there are no limits, and one of the control register; no allocation on success.
@inline(__always)
func reportingStatus(_ body: () throws(Failure) -> Status) -> sode_status {
  let before = sode_shim_arithmetic_begin()
  defer { sode_shim_arithmetic_end(before) }
  do throws(Failure) {
    let status = try watching(nil, body)
    if status.rawValue > 0 { keepOutcome(status) }
    return status.rawValue
  } catch {
    keepLastError(error)
    return error.status.rawValue
  }
}

/// As `reporting(_:)`, but without the thread's limits: for the entry that changes them, which must work whatever they are.
func reportingUnlimited(_ body: () throws(Failure) -> Void) -> sode_status {
  let before = sode_shim_arithmetic_begin()
  defer { sode_shim_arithmetic_end(before) }
  do throws(Failure) {
    try body()
    return Status.ok.rawValue
  } catch {
    keepLastError(error)
    return error.status.rawValue
  }
}

/// As `reportingStatus(_:)`, for work that either succeeds wholly or fails.
@inline(__always)
func reporting(_ body: () throws(Failure) -> Void) -> sode_status {
  reportingStatus { () throws(Failure) in
    try body()
    return .ok
  }
}

/// Keeps a failure's message, which `sode_last_error_message()` then gives on this thread, and its system code.
@inline(never)
func keepLastError(_ failure: Failure) {
  var message = failure.message
  message.withUTF8 { bytes in
    bytes.withMemoryRebound(to: CChar.self) { shim_set_last_error($0.baseAddress ?? emptyText, $0.count, Int32(failure.systemCode)) }
  }
}

/// Keeps the reason of a call that ended early but has results. Rows without a result have said their reason already.
@inline(never)
private func keepOutcome(_ status: Status) {
  let reason: String? =
    switch status {
    case .stoppedByCallback: "training stopped: the callback or the tick asked for it"
    case .cancelled: "training stopped: its cancel token was requested"
    case .timeLimit: "training stopped: its time limit was reached"
    case .earlyStopping: "training stopped: the validation metric has not improved for as many epochs as the option patience allows"
    case .converged: "training ended: the gradient of the objective has become small"
    case .noDescent: "training ended: no step that the optimizer tried lowers the objective"
    default: nil
    }
  if let reason { keepLastError(Failure(status, reason)) }
}

/// A pointer argument that must not be NULL.
@inline(__always)
func required<Pointer>(_ pointer: Pointer?, _ argument: StaticString) throws(Failure) -> Pointer {
  guard let pointer else { throw missing(argument) }
  return pointer
}

@inline(never)
private func missing(_ argument: StaticString) -> Failure {
  Failure(.nullPointer, "\(argument) is NULL; a pointer is needed")
}

/// A count from the caller, which must lie in `range`.
@inline(__always)
func checked(_ value: Int64, _ argument: StaticString, in range: ClosedRange<Int64>) throws(Failure) -> Int {
  guard range.contains(value), let count = Int(exactly: value) else {
    throw Failure(.outOfRange, "\(argument) is \(value); it must be \(OptionKind.integer(range).allowed)")
  }
  return count
}

/// The element at an index that the caller gives.
func element<List: RandomAccessCollection>(of list: List, _ index: Int64) throws(Failure) -> List.Element where List.Index == Int {
  guard let place = Int(exactly: index), list.startIndex..<list.endIndex ~= place else {
    throw Failure(.outOfRange, "index is \(index); \(list.isEmpty ? "there are none" : "it must be between 0 and \(list.count - 1)")")
  }
  return list[place]
}
