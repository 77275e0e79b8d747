import LinearAlgebra
import Testing

struct RandomStreamTests {
  /// Known answers of the Random123 distribution (Salmon et al. 2011), kat_vectors, philox4x32 with 10 rounds.
  @Test func philoxGivesItsKnownAnswers() {
    #expect(philox(SIMD4(0, 0, 0, 0), key: SIMD2(0, 0)) == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = UInt32.max
    #expect(philox(SIMD4(ones, ones, ones, ones), key: SIMD2(ones, ones)) == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      philox(SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0)) == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  /// Word i of a stream is half of block i/2: the counter's low words count, its high words are the stream.
  @Test func wordsAreThoseOfTheCounter() {
    var stream = RandomStream(seed: 0, stream: 0)
    #expect(stream.next() == 0xe169_c58d_6627_e8d5)
    #expect(stream.next() == 0x9b00_dbd8_bc57_ac4c)
    let block = philox(SIMD4(1, 0, 9, 0), key: SIMD2(5, 0))
    var other = RandomStream(seed: 5, stream: 9)
    _ = (other.next(), other.next())
    #expect(other.next() == UInt64(block.y) << 32 | UInt64(block.x))
  }

  @Test func seedsAndStreamsDiffer() {
    var streams = [RandomStream(seed: 1), RandomStream(seed: 1, stream: 1), RandomStream(seed: 2), RandomStream(seed: 1 << 32)]
    #expect(Set(streams.indices.map { streams[$0].next() }).count == 4)
  }

  /// Mean and variance of 100 000 numbers within five standard errors; Float gets the Double numbers rounded.
  @Test func momentsOfUniformAndNormal() throws {
    let n = 100_001
    let (x, single) = (try Numbers(n, .float64), try Numbers(n, .float32))
    var (a, b) = (RandomStream(seed: 3), RandomStream(seed: 3))
    a.uniform(into: x.vector, low: -1, high: 3)
    var mean = x.values.reduce(0, +) / Double(n)
    // Standard deviation 4/√12.
    #expect(abs(mean - 1) < 5 * 1.1547 / Double(n).squareRoot())
    #expect(x.values.allSatisfy { $0 >= -1 && $0 < 3 })
    a.normal(into: x.vector, mean: 2, deviation: 0.5)
    b.uniform(into: single.vector, low: -1, high: 3)
    b.normal(into: single.vector, mean: 2, deviation: 0.5)
    #expect(zip(x.values, single.values).allSatisfy { Double(Float($0)) == $1 })
    mean = x.values.reduce(0, +) / Double(n)
    let variance = x.values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(n)
    #expect(abs(mean - 2) < 5 * 0.5 / Double(n).squareRoot())
    #expect(abs(variance - 0.25) < 5 * 0.25 * (2 / Double(n)).squareRoot())
  }

  @Test func permutationsAreEquallyLikely() throws {
    // 24 permutations of four, 24 000 draws: χ² with 23 degrees of freedom is below 49.7 with probability 0.999.
    var random = RandomStream(seed: 11)
    var counts: [[Int64]: Int] = [:]
    let buffer = try Buffer(byteCount: 32)
    for _ in 0..<24_000 {
      try random.permutation(into: buffer.rowNumbers(count: 4), count: 4)
      counts[(0..<4).map { buffer.rowNumbers(count: 4)[$0] }, default: 0] += 1
    }
    let distance = counts.values.map { Double(($0 - 1000) * ($0 - 1000)) / 1000 }.reduce(0, +)
    #expect(counts.count == 24 && distance < 49.7)
  }

  @Test func boundedDrawsStayBelowTheBound() {
    var random = RandomStream(seed: 4)
    let bound: UInt64 = (1 << 63) + 1  // half of all draws are rejected
    #expect((0..<1000).allSatisfy { _ in random.below(bound) < bound })
    #expect(random.below(1) == 0)
  }
}
