import Glibc
import LinearAlgebra
import Settings

/// Writes a file so that at any time the old one or the new one is there, whole.
///
/// The bytes go to a file without a name in the same folder (O_TMPFILE), which gets one and replaces the target once it is complete and on the disk. Where the file system knows no such files, the file
/// has a name of ours from the start; what a killed process left under such a name, the next save into the folder removes (`TemporaryFile`).
/// A file that is replaced hands on its mode, and its owner and group where the process may set them; a new one has 0666 less the process's umask. Where `path` is a symbolic link, the file that it
/// points to is replaced or made.
/// - Throws: `file`, naming what failed and why; the old file is then untouched and nothing of the new one is left; why the work must end, until the file is complete.
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
  let (descriptor, size) = try openRegularFile(path)
  defer { close(descriptor) }
  guard size <= limit else { throw Failure(.fileFormat, "'\(path.prefix(512))' has \(size) bytes; at most \(limit) are read") }
  let buffer = try Buffer(byteCount: size)
  var filled = 0
  while filled < size {
    try Watch.check()
    let count = read(descriptor, buffer.base + filled, min(size - filled, 1 << 24))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw fileFailure("read", path, code: errno) }
    guard count > 0 else { throw Failure(.file, "cannot read '\(path.prefix(512))': it became shorter while it was read") }
    filled += count
  }
  return buffer
}

/// The path with symbolic links at its end followed, also to a file that is not there yet.
private func linkTarget(_ path: String) throws(Failure) -> String {
  var target = path
  // As many links as the system follows.
  for _ in 0..<40 {
    var information = stat()
    // Nothing there yet, or a folder is missing; then making the temporary file says why.
    guard lstat(target, &information) == 0, information.st_mode & S_IFMT == S_IFLNK else { return target }
    guard let name = linked(target) else { throw fileFailure("write", path, code: errno) }
    target = name.hasPrefix("/") ? name : "\(folderOf(target))/\(name)"
  }
  throw fileFailure("write", path, code: ELOOP)
}

/// What a symbolic link says; nil, with `errno`, when it cannot be read.
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

/// Gives a file the owner, group and mode of the one that it replaces.
///
/// A process may not give its files to others at will. Where it cannot, the file is its own, with the mode of the old one, less the right to run as owner or group; and another group than the old one may no
/// more than everybody.
private func takeOver(_ old: stat, _ descriptor: Int32) {
  let hasOwner = fchown(descriptor, old.st_uid, old.st_gid) == 0
  let hasGroup = hasOwner || fchown(descriptor, uid_t.max, old.st_gid) == 0
  var mode = old.st_mode & (hasOwner ? 0o7777 : 0o777)
  if !hasGroup { mode &= 0o707 | (mode & 0o007) << 3 }
  fchmod(descriptor, mode)
}

/// nil, or the error's number.
/// - Throws: why the work must end.
private func writeAll(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32) throws(Failure) -> Int32? {
  guard let base = bytes.baseAddress else { return nil }
  var written = 0
  while written < bytes.count {
    try Watch.check()
    let count = write(descriptor, base + written, min(bytes.count - written, 1 << 24))
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return errno }
    written += count
  }
  return nil
}
