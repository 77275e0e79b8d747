import Glibc
import LinearAlgebra
import Settings

/// Writes a file so that the path always holds the complete old file or the complete new one.
///
/// The bytes are written to a file without a name in the same folder (O_TMPFILE). When it is complete and on the disk, it gets a name and replaces the target. If the file system does not
/// support such files, the file has a temporary name from the start; if a killed process leaves a file with such a name, the next save into the folder removes it (`TemporaryFile`). The new
/// file takes over the mode of the file that it replaces, and its owner and group if the process may set them; otherwise its mode is 0666 less the process's umask. If `path` is a symbolic
/// link, the file that it points to is replaced or created.
/// - Throws: `file`, naming what failed and why; the old file is then unchanged and nothing of the new one is left. Until the file is complete, also the reason why the work must end.
package func writeAtomically(_ bytes: UnsafeRawBufferPointer, to path: String) throws(Failure) {
  let target = try linkTarget(path)
  var old = stat()
  let replaces = stat(target, &old) == 0
  if replaces, !isRegular(old) { throw notRegularFile("write", path) }
  let folder = folderOf(target)
  removeAbandonedFiles(in: folder)
  let file = try TemporaryFile(in: folder, for: path)
  do throws(Failure) {
    if let code = try writeAll(bytes, file.descriptor) { throw fileFailure("write", path, code: code) }
    if replaces { takeOver(old, file.descriptor) }
    guard fsync(file.descriptor) == 0 else { throw fileFailure("write", path, code: errno) }
    try file.rename(to: target, for: path)
  } catch {
    file.discard()
    throw error
  }
  // The new file is in place. Some file systems cannot sync a folder; then the new name may not survive a power loss within the next seconds.
  let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  if folderDescriptor >= 0 {
    fsync(folderDescriptor)
    close(folderDescriptor)
  }
}

/// Reads a whole regular file.
/// - Parameter limit: the largest number of bytes that is accepted.
/// - Throws: `file` if it cannot be read or is not a regular file, `fileFormat` beyond the limit, `memory`.
package func readWholeFile(_ path: String, limit: Int = 1 << 43) throws(Failure) -> Buffer {
  let (descriptor, size) = try openRegularFile(path)
  defer { close(descriptor) }
  guard size <= limit else { throw Failure(.fileFormat, "'\(path.prefix(512))' has \(size) bytes; at most \(limit) are read") }
  let buffer = try Buffer(byteCount: size)
  var filled = 0
  while filled < size {
    try Watch.check()
    let count = read(descriptor, buffer.base + filled, min(size - filled, pieceLength))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw fileFailure("read", path, code: errno) }
    guard count > 0 else { throw Failure(.file, "cannot read '\(path.prefix(512))': it became shorter while it was read") }
    filled += count
  }
  return buffer
}

/// The path with symbolic links at its end resolved, even if they lead to a file that does not exist yet.
private func linkTarget(_ path: String) throws(Failure) -> String {
  var target = path
  // The system follows this many links too.
  for _ in 0..<40 {
    var information = stat()
    // The file does not exist yet, or a folder is missing; in that case, creating the temporary file reports the reason.
    guard lstat(target, &information) == 0, information.st_mode & S_IFMT == S_IFLNK else { return target }
    guard let name = linked(target) else { throw fileFailure("write", path, code: errno) }
    target = name.hasPrefix("/") ? name : "\(folderOf(target))/\(name)"
  }
  throw fileFailure("write", path, code: ELOOP)
}

/// The target of a symbolic link; nil, with `errno` set, if it cannot be read.
private func linked(_ path: String) -> String? {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { memory in
    guard let base = memory.baseAddress else { return nil }
    let count = readlink(path, base, memory.count)
    return count < 0 ? nil : String(decoding: UnsafeRawBufferPointer(start: base, count: count), as: UTF8.self)
  }
}

private func folderOf(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  let folder = String(path[..<slash])
  return folder.isEmpty ? "/" : folder
}

/// Gives a file the owner, group and mode of the file that it replaces.
///
/// A process may not be allowed to change the owner or group. The file then belongs to the process, with the mode of the old file but without set-user-ID and set-group-ID. If its group
/// differs from the old one, the group gets no more rights than everybody.
private func takeOver(_ old: stat, _ descriptor: Int32) {
  let hasOwner = fchown(descriptor, old.st_uid, old.st_gid) == 0
  let hasGroup = hasOwner || fchown(descriptor, uid_t.max, old.st_gid) == 0
  var mode = old.st_mode & (hasOwner ? 0o7777 : 0o777)
  if !hasGroup { mode &= 0o707 | (mode & 0o007) << 3 }
  fchmod(descriptor, mode)
}

/// The bytes that are read or written between two questions to the watch.
private let pieceLength = 1 << 22

/// Writes all bytes. Gives nil, or the error's number.
/// - Throws: the reason why the work must end.
private func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32) throws(Failure) -> Int32? {
  guard let base = bytes.baseAddress else { return nil }
  var written = 0
  while written < bytes.count {
    try Watch.check()
    let count = write(descriptor, base + written, min(bytes.count - written, pieceLength))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return errno }
    written += count
  }
  return nil
}
