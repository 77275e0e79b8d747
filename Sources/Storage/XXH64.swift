import LinearAlgebra
import Settings

/// The 64-bit hash XXH64 of some bytes: a checksum that detects damage but does not protect against forgery.
///
/// Source: Collet, "xxHash fast digest algorithm", specification 0.1.1.
/// - Parameter seed: 0, or the hash of the bytes before these.
/// If this thread's watch ends the work, it returns early with an invalid hash.
/// Cost: linear, several bytes per cycle; no allocation.
package func xxh64(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
  guard let base = bytes.baseAddress else { return tail(seed &+ prime5, 0, nil, 0) }
  let count = bytes.count
  var offset = 0
  var hash = seed &+ prime5
  if count >= 32 {
    var lanes = SIMD4(seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
    let watch = Watch.current
    while offset + 32 <= count {
      if offset & 0xFFFFF == 0, watch.isOver { break }
      for lane in 0..<4 { lanes[lane] = round(lanes[lane], word(base, offset + 8 * lane)) }
      offset += 32
    }
    hash = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
    for lane in 0..<4 { hash = (hash ^ round(0, lanes[lane])) &* prime1 &+ prime4 }
  }
  return tail(hash, count, base + offset, count - offset)
}

/// The last bytes, fewer than 32, and the final mixing.
private func tail(_ start: UInt64, _ total: Int, _ base: UnsafeRawPointer?, _ count: Int) -> UInt64 {
  var hash = start &+ UInt64(total)
  if let base {
    var offset = 0
    while offset + 8 <= count {
      hash = rotate(hash ^ round(0, word(base, offset)), 27) &* prime1 &+ prime4
      offset += 8
    }
    if offset + 4 <= count {
      let half = UInt64(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      hash = rotate(hash ^ (half &* prime1), 23) &* prime2 &+ prime3
      offset += 4
    }
    while offset < count {
      hash = rotate(hash ^ (UInt64(base.load(fromByteOffset: offset, as: UInt8.self)) &* prime5), 11) &* prime1
      offset += 1
    }
  }
  hash = (hash ^ (hash >> 33)) &* prime2
  hash = (hash ^ (hash >> 29)) &* prime3
  return hash ^ (hash >> 32)
}

private let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
private let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
private let prime3: UInt64 = 0x1656_67B1_9E37_79F9
private let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
private let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

private func rotate(_ x: UInt64, _ bits: UInt64) -> UInt64 { x << bits | x >> (64 - bits) }
private func round(_ lane: UInt64, _ input: UInt64) -> UInt64 { rotate(lane &+ input &* prime2, 31) &* prime1 }
private func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 { UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
