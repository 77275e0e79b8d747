import LinearAlgebra
import Settings

/// Gives `body` a place for results, and the caller's array gets them once all are there: a call that is interrupted, or fails, leaves the array as it was.
///
/// Work that nobody limits, and that `canFail` says cannot fail, writes to the caller's array itself.
/// - Parameter target: nil for results that nobody asked for; `body` then gets nil.
/// - Throws: `memory`; what `body` throws.
/// - Complexity: memory for the results; a copy of them.
func staging(_ target: MutableTensorView?, canFail: Bool = false, _ body: (MutableTensorView?) throws(Failure) -> Void) throws(Failure) {
  guard let target, canFail || !Watch.current.isIdle else { return try body(target) }
  // A shape of the caller's: the product is of a memory that there is, or of one row again and again, which results refuse.
  let (count, overflow) = target.rows.multipliedReportingOverflow(by: target.columns)
  let (bytes, tooLarge) = count.multipliedReportingOverflow(by: target.type.byteCount)
  let memory = try Buffer(byteCount: overflow || tooLarge ? -1 : bytes)
  defer { withExtendedLifetime(memory) {} }
  let stage = MutableTensorView(memory.base, type: target.type, rows: target.rows, columns: target.columns)
  try body(stage)
  copy(stage.view, into: target)
}
