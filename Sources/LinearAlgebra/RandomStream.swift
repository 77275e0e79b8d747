import Glibc
import Settings

/// Counter-based random numbers: Philox4x32-10 keyed by a seed, with one stream for each use (a layer, an epoch, a data set).
///
/// Number i of a stream depends only on (seed, stream, i), not on threads or other draws.
/// Source: Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", §3.3.
package struct RandomStream: Sendable {
  private let key: SIMD2<UInt32>
  private let stream: UInt64
  private var block: UInt64 = 0
  private var words = SIMD4<UInt32>()
  /// The number of 64-bit words of `words` that are still unused.
  private var left = 0

  package init(seed: UInt64, stream: UInt64 = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.stream = stream
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    if left == 0 {
      let counter = SIMD4(
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
      words = philox(counter, key: key)
      block &+= 1
      left = 2
    }
    left -= 1
    return left == 1 ? UInt64(words.y) << 32 | UInt64(words.x) : UInt64(words.w) << 32 | UInt64(words.z)
  }

  /// A number in [0, 1) with 53 random bits.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// An integer in 0 ..< `bound`, each equally likely (Lemire 2019, "Fast random integer generation in an interval").
  package mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "empty range")
    var (high, low) = next().multipliedFullWidth(by: bound)
    if low < bound {
      let threshold = (0 &- bound) % bound
      while low < threshold { (high, low) = next().multipliedFullWidth(by: bound) }
    }
    return high
  }

  /// Two independent standard normal numbers (Box & Muller 1958).
  package mutating func normalPair() -> (Double, Double) {
    let radius = (-2 * log((Double(next() >> 11) + 1) * 0x1p-53)).squareRoot()
    let angle = 2 * Double.pi * uniform()
    return (radius * cos(angle), radius * sin(angle))
  }

  /// Fills with numbers uniform in [low, high); rounding to Float may reach `high`.
  package mutating func uniform(into out: Vector, low: Double, high: Double) {
    for i in 0..<out.count { out.store(low + (high - low) * uniform(), at: i) }
  }

  /// Fills with normal numbers, which are computed in Double and rounded if the vector has floats.
  package mutating func normal(into out: Vector, mean: Double = 0, deviation: Double = 1) {
    var i = 0
    while i < out.count {
      let (a, b) = normalPair()
      out.store(mean + deviation * a, at: i)
      if i + 1 < out.count { out.store(mean + deviation * b, at: i + 1) }
      i += 2
    }
  }

  /// Writes a permutation of 0 ..< `count`, each equally likely (Fisher–Yates).
  /// - Throws: why the work must end.
  package mutating func permutation(into out: UnsafeMutablePointer<Int64>, count: Int) throws(Failure) {
    try Watch.pieces(count) { piece in for i in piece { out[i] = Int64(i) } }
    var last = count - 1
    while last > 0 {
      if last % 65536 == 0 { try Watch.check() }
      let other = Int(below(UInt64(last + 1)))
      (out[last], out[other]) = (out[other], out[last])
      last -= 1
    }
  }
}

/// One block of Philox4x32-10: 128 random bits of a counter and a key.
package func philox(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var (c, k) = (counter, key)
  for _ in 0..<10 {
    let (high0, low0) = UInt32(0xD251_1F53).multipliedFullWidth(by: c.x)
    let (high1, low1) = UInt32(0xCD9E_8D57).multipliedFullWidth(by: c.z)
    c = SIMD4(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0)
    k = k &+ SIMD2(0x9E37_79B9, 0xBB67_AE85)
  }
  return c
}
