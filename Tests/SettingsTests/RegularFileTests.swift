import Foundation
import Settings
import Testing

@Suite struct RegularFileTests {
  @Test func opensARegularFileAndKnowsItsSize() throws {
    let path = NSTemporaryDirectory() + "regular-\(UUID().uuidString)"
    defer { unlink(path) }
    try Data("12345".utf8).write(to: URL(fileURLWithPath: path))
    let (descriptor, size) = try openRegularFile(path)
    #expect(size == 5)
    // Reads block as for any file, and a program that this process executes does not inherit the descriptor.
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    close(descriptor)
    #expect(throws: Failure(.file, "cannot open '\(path)x': No such file or directory")) { try openRegularFile(path + "x") }
  }

  /// Opening a FIFO without a writer would block forever, and opening a device could do anything.
  @Test func refusesWhatIsNoRegularFileAtOnce() throws {
    let base = NSTemporaryDirectory() + "special-\(UUID().uuidString.prefix(8))"
    let (fifo, name) = (base + "f", base + "s")
    defer { for path in [fifo, name] { unlink(path) } }
    try #require(mkfifo(fifo, 0o600) == 0)
    let listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listening) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8.prefix(100)) }
    let bound = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listening, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) } }
    try #require(bound == 0)
    for path in [fifo, name, NSTemporaryDirectory(), "/dev/null", "/dev/zero"] {
      #expect(throws: Failure(.file, "cannot read '\(path)': it is not a regular file")) { try openRegularFile(path) }
    }
  }
}
