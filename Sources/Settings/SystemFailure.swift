import Glibc

/// A failed system call on a file: "cannot open 'model.sode': No such file or directory".
///
/// - Parameters:
///   - action: what was tried ("open", "read", "write").
///   - path: the file, cut to 512 bytes in the message.
///   - code: the value of `errno`, read straight after the call.
package func fileFailure(_ action: String, _ path: String, code: Int32) -> Failure {
  Failure(.file, "cannot \(action) '\(path.prefix(512))': \(String(cString: strerror(code)))", systemCode: code)
}
