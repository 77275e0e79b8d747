import CShims
import CStableODE
import Integrators
import Settings

// Section 2 of the header: the rows that a call left without a result.

@_cdecl("sode_failed_row_count") @implementation
public func sode_failed_row_count(_ count: UnsafeMutablePointer<Int64>?) -> sode_status {
  reporting { () throws(Failure) in
    let out = try required(count, "count")
    var rows = 0
    _ = shim_failed_rows(&rows)
    out.pointee = Int64(rows)
  }
}

@_cdecl("sode_failed_row_at") @implementation
public func sode_failed_row_at(
  _ index: Int64, _ row: UnsafeMutablePointer<Int64>?, _ reason: UnsafeMutablePointer<sode_status>?, _ text: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> sode_status {
  reporting { () throws(Failure) in
    var count = 0
    guard let rows = shim_failed_rows(&count), let place = Int(exactly: index), 0..<count ~= place else {
      throw Failure(.outOfRange, "index is \(index); \(count == 0 ? "no row was left without a result" : "it must be between 0 and \(count - 1)")")
    }
    row?.pointee = rows[place].row
    reason?.pointee = rows[place].status
    text?.pointee = rows[place].text
  }
}

/// Keeps the rows that a call left without a result, so that this thread can ask for them. The first row's reason becomes the last error message.
///
/// - Parameter failures: in ascending order of rows. If there is no memory to keep them, the thread can ask for none.
func keepFailedRows(_ failures: [SampleFailure]) {
  if let first = failures.first { keepLastError(Failure(first.failure.status, "row \(first.sample): \(first.failure.message)")) }
  var text: UnsafeMutablePointer<CChar>?
  let bytes = failures.reduce(0) { $0 + $1.failure.message.utf8.count + 1 }
  guard let rows = shim_failed_rows_begin(failures.count, bytes, &text), var text else { return }
  for (index, failed) in failures.enumerated() {
    rows[index] = shim_failed_row(row: Int64(failed.sample), status: failed.failure.status.rawValue, text: text)
    for byte in failed.failure.message.utf8 {
      text.pointee = CChar(bitPattern: byte)
      text += 1
    }
    text.pointee = 0
    text += 1
  }
}
