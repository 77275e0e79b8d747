import CZlib
import Glibc
import LinearAlgebra
import Settings

/// Reads the bytes of a file in order; a gzip file is decompressed meanwhile.
final class ByteReader {
  let path: String
  /// The size of the file on the disk, in bytes.
  let fileSize: Int
  /// Whether the file starts with gzip's magic bytes (RFC 1952).
  let isCompressed: Bool
  private let descriptor: Int32
  private let input: Buffer
  private var available = 0
  private var consumed = 0
  private var inflater: Inflater?

  /// - Throws: `file` if it cannot be opened or is not a regular file, `memory`.
  init(path: String) throws(Failure) {
    self.path = path
    input = try Buffer(byteCount: 1 << 16)
    (descriptor, fileSize) = try openRegularFile(path)
    let opened = descriptor
    var magic: (UInt8, UInt8) = (0, 0)
    let count = withUnsafeMutableBytes(of: &magic) { pread(opened, $0.baseAddress, 2, 0) }
    isCompressed = count == 2 && magic == (0x1F, 0x8B)
    // If anything fails after this point, deinit closes the file.
    if isCompressed { inflater = try Inflater() }
  }

  deinit { close(descriptor) }

  /// Reads up to `count` bytes; fewer only at the end.
  /// - Throws: `file` if reading fails, `fileFormat` if the compressed data is damaged or cut short.
  func read(into target: UnsafeMutableRawPointer, count: Int) throws(Failure) -> Int {
    var filled = 0
    while filled < count {
      try Watch.check()
      if let inflater {
        if inflater.ended, try atEnd() { return filled }
        if consumed == available { try refill() }
        if consumed == available { throw Failure(.fileFormat, "'\(path.prefix(512))' ends in the middle of its compressed data") }
        let step = try inflater.step(input.base + consumed, available - consumed, into: target + filled, count - filled, path: path)
        consumed += step.read
        filled += step.written
      } else {
        if try atEnd() { return filled }
        let step = min(available - consumed, count - filled)
        (target + filled).copyMemory(from: input.base + consumed, byteCount: step)
        consumed += step
        filled += step
      }
    }
    return filled
  }

  private func atEnd() throws(Failure) -> Bool {
    if consumed == available { try refill() }
    return consumed == available
  }

  private func refill() throws(Failure) {
    consumed = 0
    available = 0
    while true {
      let count = Glibc.read(descriptor, input.base, input.byteCount)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fileFailure("read", path, code: errno) }
      available = count
      return
    }
  }
}

/// zlib's decompressor for gzip members, one after another; it verifies the CRC-32 and length at each end.
private final class Inflater {
  /// zlib keeps the address of its stream.
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var ended = false

  init() throws(Failure) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for "gzip header and trailer".
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw Failure(.memory, "memory: zlib could not allocate its decompressor")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Decompresses some bytes; at least one byte is read or written as long as there is input left.
  func step(
    _ input: UnsafeMutableRawPointer, _ inputCount: Int, into output: UnsafeMutableRawPointer, _ outputCount: Int, path: String
  ) throws(Failure) -> (read: Int, written: Int) {
    if ended {
      inflateReset(stream)
      ended = false
    }
    let offered = min(inputCount, 1 << 30)
    let room = min(outputCount, 1 << 22)
    stream.pointee.next_in = input.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(offered)
    stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room)
    switch inflate(stream, Z_NO_FLUSH) {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: ended = true
    case Z_MEM_ERROR: throw Failure(.memory, "memory: zlib could not allocate its window")
    default: throw Failure(.fileFormat, "'\(path.prefix(512))' holds damaged compressed data")
    }
    return (offered - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
  }
}
