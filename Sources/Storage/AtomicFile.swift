import Glibc
import LinearAlgebra
import Settings

/// Writes a file so that at any time the old one or the new one is there, whole: a temporary file in the same folder, fsync, rename.
///
/// A new file's permissions are 0666 less the process's umask. Where `path` is a symbolic link, the file it points to is replaced.
/// - Throws: `file`, naming what failed and why; the old file is then untouched and the temporary one removed.
package func writeAtomically(_ bytes: UnsafeRawBufferPointer, to path: String) throws(Failure) {
  let target = try resolved(path)
  let folder = folderOf(target)
  let (descriptor, temporary) = try createTemporary(in: folder, for: path)
  var failed = writeAll(bytes, descriptor)
  if failed == 0, fsync(descriptor) != 0 { failed = errno }
  if close(descriptor) != 0, failed == 0 { failed = errno }
  if failed == 0, rename(temporary, target) != 0 { failed = errno }
  guard failed == 0 else {
    unlink(temporary)
    throw fileFailure("write", path, code: failed)
  }
  // The new file is in place. Some file systems cannot sync a folder; then only surviving a power loss in the next seconds is not promised.
  let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  if folderDescriptor >= 0 {
    fsync(folderDescriptor)
    close(folderDescriptor)
  }
}

/// Reads a whole regular file.
/// - Parameter limit: the most bytes accepted.
/// - Throws: `file` when it cannot be read or is no regular file, `fileFormat` past the limit, `memory`.
package func readWholeFile(_ path: String, limit: Int = 1 << 43) throws(Failure) -> Buffer {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw fileFailure("open", path, code: errno) }
  defer { close(descriptor) }
  var information = stat()
  guard fstat(descriptor, &information) == 0 else { throw fileFailure("read", path, code: errno) }
  guard information.st_mode & S_IFMT == S_IFREG else { throw notRegular("read", path) }
  let size = Int(information.st_size)
  guard size <= limit else { throw Failure(.fileFormat, "'\(path.prefix(512))' has \(size) bytes; at most \(limit) are read") }
  let buffer = try Buffer(byteCount: size)
  var filled = 0
  while filled < size {
    let count = read(descriptor, buffer.base + filled, min(size - filled, 1 << 30))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw fileFailure("read", path, code: errno) }
    guard count > 0 else { throw Failure(.file, "cannot read '\(path.prefix(512))': it became shorter while it was read") }
    filled += count
  }
  return buffer
}

/// The path with a symbolic link at its end followed; a target that exists must be a regular file.
private func resolved(_ path: String) throws(Failure) -> String {
  var information = stat()
  guard stat(path, &information) == 0 else {
    // Nothing there yet, or a folder is missing; then creating the temporary file says why.
    return path
  }
  guard information.st_mode & S_IFMT == S_IFREG else { throw notRegular("write", path) }
  guard let real = realpath(path, nil) else { throw fileFailure("write", path, code: errno) }
  defer { free(real) }
  return String(cString: real)
}

private func folderOf(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  let folder = String(path[..<slash])
  return folder.isEmpty ? "/" : folder
}

private func createTemporary(in folder: String, for path: String) throws(Failure) -> (descriptor: Int32, path: String) {
  for _ in 0..<100 {
    let candidate = "\(folder)/.stableode-\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).tmp"
    let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor >= 0 { return (descriptor, candidate) }
    guard errno == EEXIST || errno == EINTR else { throw fileFailure("write", path, code: errno) }
  }
  throw fileFailure("write", path, code: EEXIST)
}

/// 0, or the error's number.
private func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32) -> Int32 {
  guard let base = bytes.baseAddress else { return 0 }
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, base + written, min(bytes.count - written, 1 << 30))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return errno }
    written += count
  }
  return 0
}

private func notRegular(_ action: String, _ path: String) -> Failure {
  Failure(.file, "cannot \(action) '\(path.prefix(512))': it is not a regular file")
}
