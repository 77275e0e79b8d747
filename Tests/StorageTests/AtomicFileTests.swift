import Foundation
import LinearAlgebra
import Settings
import Storage
import Testing

@Suite struct AtomicFileTests {
  private let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("storage-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func write(_ text: String, _ path: String) throws { try Array(text.utf8).withUnsafeBytes { try writeAtomically($0, to: path) } }
  private func contents(_ path: String) throws -> String { String(decoding: bytes(of: try readWholeFile(path)), as: UTF8.self) }
  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
  private func clean() { try? FileManager.default.removeItem(atPath: folder) }

  @Test func writesReplacesAndLeavesNothingElse() throws {
    defer { clean() }
    try write("first", folder + "/m")
    #expect(try contents(folder + "/m") == "first")
    try write("the second, longer one", folder + "/m")
    #expect(try contents(folder + "/m") == "the second, longer one")
    try write("", folder + "/m")
    #expect(try contents(folder + "/m") == "")
    #expect(try names() == ["m"])
  }

  @Test func aReaderKeepsTheOldFile() throws {
    defer { clean() }
    try write("old", folder + "/m")
    let open = try #require(FileHandle(forReadingAtPath: folder + "/m"))
    try write("new", folder + "/m")
    #expect(String(decoding: open.readDataToEndOfFile(), as: UTF8.self) == "old")
  }

  @Test func aFailureLeavesTheOldFileAndNoTemporary() throws {
    defer { clean() }
    // If the target is a folder, saving is refused before anything is written.
    try FileManager.default.createDirectory(atPath: folder + "/d", withIntermediateDirectories: true)
    #expect(throws: Failure(.file, "cannot write '\(folder)/d': it is not a regular file")) { try write("x", folder + "/d") }
    #expect(throws: Failure(.file, "cannot write '/dev/null': it is not a regular file")) { try write("x", "/dev/null") }
    #expect(throws: Failure(.file, "cannot write '\(folder)/none/m': No such file or directory")) { try write("x", folder + "/none/m") }
    #expect(try names() == ["d"])
  }

  /// The file-size limit of the process simulates a disk that becomes full during writing.
  @Test func aFullDiskLeavesTheOldFile() throws {
    defer { clean() }
    try write("old", folder + "/m")
    let path = folder + "/m"
    let big = [UInt8](repeating: 1, count: 1 << 24)
    var status: Int32 = -1
    let before = signal(SIGXFSZ, SIG_IGN)
    defer { signal(SIGXFSZ, before) }
    var old = rlimit()
    getrlimit(__rlimit_resource_t(1), &old)
    // RLIMIT_FSIZE is 1 on Linux; while it is set, it affects only writers of files beyond 8 MiB.
    var small = rlimit(rlim_cur: 1 << 23, rlim_max: old.rlim_max)
    setrlimit(__rlimit_resource_t(1), &small)
    do {
      try big.withUnsafeBytes { try writeAtomically($0, to: path) }
    } catch { status = (error as? Failure)?.status.rawValue ?? 0 }
    setrlimit(__rlimit_resource_t(1), &old)
    #expect(status == Status.file.rawValue)
    #expect(try contents(path) == "old")
    #expect(try names() == ["m"])
  }

  @Test func permissionsFollowTheUmask() throws {
    defer { clean() }
    let mask = umask(0)
    umask(mask)
    try write("x", folder + "/m")
    let mode = try #require(try FileManager.default.attributesOfItem(atPath: folder + "/m")[.posixPermissions] as? NSNumber).uint32Value
    #expect(mode == 0o666 & ~UInt32(mask))
  }

  private func attributes(_ path: String) throws -> (mode: mode_t, owner: uid_t, group: gid_t) {
    var information = stat()
    try #require(stat(path, &information) == 0)
    return (information.st_mode & 0o7777, information.st_uid, information.st_gid)
  }

  /// A file that replaces another keeps its permissions.
  @Test(arguments: [0o600, 0o640, 0o755, 0o444] as [mode_t]) func aReplacedFileHandsOnItsMode(_ mode: mode_t) throws {
    defer { clean() }
    try write("old", folder + "/m")
    try #require(chmod(folder + "/m", mode) == 0)
    try write("new", folder + "/m")
    #expect(try attributes(folder + "/m").mode == mode)
    #expect(try names() == ["m"] && contents(folder + "/m") == "new")
  }

  /// Root may change owners, so a file that root replaces keeps its owner.
  @Test(.enabled(if: geteuid() == 0)) func aReplacedFileHandsOnItsOwner() throws {
    defer { clean() }
    try write("old", folder + "/m")
    try #require(chown(folder + "/m", 12345, 54321) == 0 && chmod(folder + "/m", 0o4750) == 0)
    try write("new", folder + "/m")
    let found = try attributes(folder + "/m")
    #expect(found.mode == 0o4750 && found.owner == 12345 && found.group == 54321)
  }

  /// A temporary file without a lock was left by a killed process; a file that is being written is locked.
  @Test func theNextSaveRemovesWhatAKilledOneLeft() throws {
    defer { clean() }
    for name in [".stableode-00000000abad1dea.tmp", ".stableode-00000000decade00.tmp", ".stableode-notes", "other.tmp"] { try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    let busy = open(folder + "/.stableode-00000000decade00.tmp", O_RDONLY)
    defer { close(busy) }
    try #require(flock(busy, LOCK_EX) == 0)
    try write("new", folder + "/m")
    #expect(try names() == [".stableode-00000000decade00.tmp", ".stableode-notes", "m", "other.tmp"])
  }

  @Test func aFIFOIsRefusedAtOnce() throws {
    defer { clean() }
    try #require(mkfifo(folder + "/fifo", 0o600) == 0)
    #expect(throws: Failure(.file, "cannot write '\(folder)/fifo': it is not a regular file")) { try write("x", folder + "/fifo") }
    #expect(throws: Failure(.file, "cannot read '\(folder)/fifo': it is not a regular file")) { try readWholeFile(folder + "/fifo") }
    #expect(try names() == ["fifo"])
  }

  /// Saving to a link whose target does not exist creates the target, also through a second link, and keeps the links.
  @Test func aLinkToNothingIsFollowed() throws {
    defer { clean() }
    try FileManager.default.createDirectory(atPath: folder + "/d", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder + "/d/inner", withDestinationPath: "../real")
    try FileManager.default.createSymbolicLink(atPath: folder + "/outer", withDestinationPath: "d/inner")
    try write("new", folder + "/outer")
    #expect(try contents(folder + "/real") == "new" && names() == ["d", "outer", "real"])
    try FileManager.default.createSymbolicLink(atPath: folder + "/round", withDestinationPath: "round")
    #expect(throws: Failure(.file, "cannot write '\(folder)/round': Too many levels of symbolic links")) { try write("x", folder + "/round") }
  }

  @Test func aLinkIsFollowed() throws {
    defer { clean() }
    try write("old", folder + "/real")
    try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder + "/real")
    try write("new", folder + "/link")
    #expect(try contents(folder + "/real") == "new")
    #expect(try names() == ["link", "real"])
  }

  @Test func readingNamesWhatIsWrong() throws {
    defer { clean() }
    #expect(throws: Failure(.file, "cannot open '\(folder)/none': No such file or directory")) { try readWholeFile(folder + "/none") }
    #expect(throws: Failure(.file, "cannot read '\(folder)': it is not a regular file")) { try readWholeFile(folder) }
    try write("12345", folder + "/m")
    #expect(throws: Failure(.fileFormat, "'\(folder)/m' has 5 bytes; at most 4 are read")) { try readWholeFile(folder + "/m", limit: 4) }
  }
}
