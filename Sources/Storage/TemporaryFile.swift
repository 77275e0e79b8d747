import Glibc
import Settings

/// A file that is being written and will replace another one when it is complete.
///
/// If the file system supports this, the file has no name while it is written. Otherwise it has a temporary name, of a form that no caller's file has by chance (`isName`).
/// The process that writes the file holds a lock on it: a file with such a name and without a lock was left by a process that was killed.
final class TemporaryFile {
  static let prefix = ".stableode-"
  private static let suffix = ".tmp"
  /// Hexadecimal digits between prefix and suffix.
  private static let digits = 16

  let descriptor: Int32
  private let folder: String
  /// The file's name; nil while it has none.
  private var name: String?

  /// - Parameter path: the file to be replaced, for messages.
  /// - Throws: `file` if the folder is missing or does not allow creating files.
  init(in folder: String, for path: String) throws(Failure) {
    self.folder = folder
    // A file without a name later gets one through its descriptor's entry in /proc.
    if access("/proc/self/fd", F_OK) == 0 {
      let unnamed = open(folder, Self.unnamedFlag | O_WRONLY | O_CLOEXEC, 0o666)
      if unnamed >= 0 {
        descriptor = unnamed
        flock(unnamed, LOCK_EX)
        return
      }
      // Kernels and file systems without such files report one of these errors.
      guard [EISDIR, EINVAL, EOPNOTSUPP, EPERM].contains(errno) else { throw fileFailure("write", path, code: errno) }
    }
    for _ in 0..<100 {
      let candidate = Self.name(in: folder)
      let named = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard named >= 0 else {
        guard errno == EEXIST || errno == EINTR else { throw fileFailure("write", path, code: errno) }
        continue
      }
      flock(named, LOCK_EX)
      // Before the file was locked, another save may have removed it as an abandoned one.
      var information = stat()
      if fstat(named, &information) == 0, information.st_nlink > 0 {
        descriptor = named
        name = candidate
        return
      }
      close(named)
    }
    throw fileFailure("write", path, code: EEXIST)
  }

  deinit { close(descriptor) }

  /// Gives the file the name `target`, replacing the file that has this name.
  /// - Throws: `file`, naming `path`.
  func rename(to target: String, for path: String) throws(Failure) {
    // Linking cannot replace an existing file; renaming a file can, so the file first gets a temporary name.
    var attempts = 0
    while name == nil {
      let candidate = Self.name(in: folder)
      attempts += 1
      if linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, candidate, AT_SYMLINK_FOLLOW) == 0 {
        name = candidate
      } else {
        guard errno == EEXIST, attempts < 100 else { throw fileFailure("write", path, code: errno) }
      }
    }
    guard let name, Glibc.rename(name, target) == 0 else { throw fileFailure("write", path, code: errno) }
    self.name = nil
  }

  /// Removes the file.
  func discard() {
    if let name { unlink(name) }
    name = nil
  }

  private static func name(in folder: String) -> String {
    let number = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    return "\(folder)/\(prefix)\(String(repeating: "0", count: digits - number.utf8.count))\(number)\(suffix)"
  }

  /// Whether a file's name is one that `name(in:)` makes: `.stableode-`, 16 lowercase hexadecimal digits, `.tmp`.
  static func isName(_ name: String) -> Bool {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
    let middle = name.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
    return middle.count == digits && middle.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  /// O_TMPFILE, a macro that Swift cannot import.
  private static let unnamedFlag: Int32 = 0o20_000_000 | O_DIRECTORY
}

/// Removes the files that killed processes left in a folder: those with names of `TemporaryFile` on which no process holds a lock. Files that cannot be listed or removed stay.
package func removeAbandonedFiles(in folder: String) {
  guard let listing = opendir(folder) else { return }
  defer { closedir(listing) }
  while let entry = readdir(listing) {
    // Compares the bytes in d_name, because most entries are other files, for which no string need be made.
    let found = withUnsafeBytes(of: &entry.pointee.d_name) { bytes -> String? in
      guard bytes.starts(with: TemporaryFile.prefix.utf8) else { return nil }
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard let found, TemporaryFile.isName(found) else { continue }
    let path = "\(folder)/\(found)"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { continue }
    var information = stat()
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &information) == 0, isRegular(information) { unlink(path) }
    close(descriptor)
  }
}
