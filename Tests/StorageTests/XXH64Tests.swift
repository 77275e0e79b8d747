import Storage
import Testing

@Suite struct XXH64Tests {
  private func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 { bytes.withUnsafeBytes { xxh64($0, seed: seed) } }

  /// Expected values from Python's xxhash 3 (Collet's reference implementation): xxh64_intdigest(bytes(i*7 % 251 for i in range(n)), seed).
  @Test(arguments: [
    (0, 0x0, 0xef46db3751d8e999),
    (0, 0x9e3779b97f4a7c15, 0xc4349fc93c010000),
    (1, 0x0, 0xe934a84adb052768),
    (1, 0x9e3779b97f4a7c15, 0x126bb57a12364aa5),
    (3, 0x0, 0x9ff70a635a6209ab),
    (3, 0x9e3779b97f4a7c15, 0xd169d7c1cb5e443f),
    (4, 0x0, 0xae5acdc00a55ac41),
    (4, 0x9e3779b97f4a7c15, 0xaeec91bdfd4f8a43),
    (7, 0x0, 0xd734a6b26f3da63e),
    (7, 0x9e3779b97f4a7c15, 0x60bf31abf53f85dd),
    (8, 0x0, 0x87116b3365b924eb),
    (8, 0x9e3779b97f4a7c15, 0xcfcfd09b165b3edb),
    (11, 0x0, 0x3a5d6dc1b218a5b6),
    (11, 0x9e3779b97f4a7c15, 0xd02fb43f15e0eeb9),
    (12, 0x0, 0x14b8433b9a14e611),
    (12, 0x9e3779b97f4a7c15, 0xac5544bd71e32d4c),
    (31, 0x0, 0xf187c62b1e722b7),
    (31, 0x9e3779b97f4a7c15, 0x74a5c408b232704d),
    (32, 0x0, 0x91b0cb0931a8c629),
    (32, 0x9e3779b97f4a7c15, 0xffed706a1999bb4f),
    (33, 0x0, 0x931b043cf8d65b94),
    (33, 0x9e3779b97f4a7c15, 0x5d3268a30eb755d3),
    (63, 0x0, 0x575186c12dcebcfd),
    (63, 0x9e3779b97f4a7c15, 0xb9bf8b1566e96b86),
    (64, 0x0, 0xab64977b5af9d022),
    (64, 0x9e3779b97f4a7c15, 0x8be4947af978f6e7),
    (100, 0x0, 0xb7fe1d84b2f23a05),
    (100, 0x9e3779b97f4a7c15, 0xce428a94b53f3338),
    (1000, 0x0, 0x23fd2ed1ff957d5),
    (1000, 0x9e3779b97f4a7c15, 0x1a642e5b087d6d75),
  ] as [(Int, UInt64, UInt64)])
func knownAnswers(count: Int, seed: UInt64, expected: UInt64) {
    #expect(hash((0..<count).map { UInt8($0 * 7 % 251) }, seed: seed) == expected)
  }

  @Test func anyAlignmentGivesTheSame() {
    let bytes = (0..<100).map { UInt8($0) }
    let whole = hash(Array(bytes[3...]))
    #expect(bytes.withUnsafeBytes { xxh64(UnsafeRawBufferPointer(rebasing: $0[3...])) } == whole)
  }
}
