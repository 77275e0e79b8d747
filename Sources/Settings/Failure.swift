/// Outcome of a call, as the C interface reports it. Negative values are errors; positive ones say why work ended early.
///
/// The numbers are pinned for ever: they are the ones of `SODE_STATUS_LIST` in `include/stableode.h`, and a test compares the two.
package enum Status: Int32, CaseIterable, Sendable {
  case ok = 0
  case stoppedByCallback = 1
  case cancelled = 2
  case timeLimit = 3
  case earlyStopping = 4
  case converged = 5
  case rowsWithoutResult = 6
  case noDescent = 7
  case invalidArgument = -1
  case nullPointer = -2
  case invalidHandle = -3
  case handleBusy = -4
  case unknownName = -5
  case outOfRange = -6
  case shapeMismatch = -7
  case unsupportedType = -8
  case invalidData = -9
  case memory = -10
  case file = -11
  case fileFormat = -12
  case versionMismatch = -13
  case incompatible = -14
  case callbackFailed = -15
  case state = -16
  case notFinite = -17
  case bufferTooSmall = -18
  case `internal` = -19
  case notConverged = -20
  case stepLimit = -21
}

/// A user's error: a status for programs and a sentence for people.
///
/// The message names the argument or option, what was given and what is allowed ("step_size is -0.1; it must be > 0").
package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
  package let status: Status
  /// The value of `errno` if a system call failed; 0 otherwise. It shares a word with the status: a larger failure would be copied through the runtime, with a lock at the first time.
  package let systemCode: Int16
  package let message: String
  package init(_ status: Status, _ message: String, systemCode: Int32 = 0) {
    self.status = status
    self.message = message
    self.systemCode = Int16(clamping: systemCode)
  }
  /// The system's code follows from the message, which has its text.
  package static func == (a: Failure, b: Failure) -> Bool { a.status == b.status && a.message == b.message }
  package var description: String { message }
}
