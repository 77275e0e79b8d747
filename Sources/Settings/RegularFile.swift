import Glibc

/// Opens a regular file for reading. What is none (a folder, a FIFO, a device, a socket) is refused without being opened, since opening may wait for ever or have effects.
///
/// - Returns: a descriptor for the caller to close, and the file's size in bytes.
/// - Throws: `file` when it cannot be opened or is no regular file.
package func openRegularFile(_ path: String) throws(Failure) -> (descriptor: Int32, size: Int) {
  var information = stat()
  guard stat(path, &information) == 0 else { throw fileFailure("open", path, code: errno) }
  guard isRegular(information) else { throw notRegularFile("read", path) }
  // Between the question and the answer the name may have come to mean a FIFO: opening one does not wait either.
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
  guard descriptor >= 0 else { throw fileFailure("open", path, code: errno) }
  guard fstat(descriptor, &information) == 0 else {
    let code = errno
    close(descriptor)
    throw fileFailure("read", path, code: code)
  }
  guard isRegular(information) else {
    close(descriptor)
    throw notRegularFile("read", path)
  }
  return (descriptor, Int(information.st_size))
}

package func isRegular(_ information: stat) -> Bool { information.st_mode & S_IFMT == S_IFREG }

/// The failure of an action on what is no regular file.
package func notRegularFile(_ action: String, _ path: String) -> Failure {
  Failure(.file, "cannot \(action) '\(path.prefix(512))': it is not a regular file")
}
