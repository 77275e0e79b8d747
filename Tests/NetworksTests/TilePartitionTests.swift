import LinearAlgebra
import Networks
import Testing

@Suite struct TilePartitionTests {
  private static let counts = Array(1...700) + [1023, 1024, 1025, 4096, 10_007, 60_000]
  private static let largest = [16, 64, 112, 256]

  @Test(arguments: largest, [false, true]) func tilesCoverTheSamplesOnceAndGroupsTheTiles(_ largest: Int, _ accumulates: Bool) {
    for count in Self.counts {
      let partition = TilePartition(count: count, largest: largest, accumulates: accumulates)
      var next = 0
      for tile in 0..<partition.tiles {
        let samples = partition.samples(of: tile)
        let columns = partition.columns(of: tile)
        #expect(samples.lowerBound == next && !samples.isEmpty, "\(count): tile \(tile)")
        #expect(samples.count <= columns && columns <= partition.columns && columns <= largest)
        #expect(columns % Block.quantum == 0 || count == 1 && columns == 1)
        next = samples.upperBound
      }
      #expect(next == count)
      #expect((0..<partition.groups).flatMap { Array(partition.tiles(of: $0)) } == Array(0..<partition.tiles), "\(count)")
      #expect(partition.groups <= TilePartition.maximumGroups && (0..<partition.groups).allSatisfy { !partition.tiles(of: $0).isEmpty })
    }
  }

  /// Two threads share a batch that has enough work for two, with and without gradients.
  @Test(arguments: [false, true]) func aBatchOfMoreThanATileHasTwoGroups(_ accumulates: Bool) {
    #expect(TilePartition(count: 65, largest: 256, accumulates: accumulates).groups == 2)
    #expect(TilePartition(count: 256, largest: 256, accumulates: accumulates).groups == 2)
    #expect(TilePartition(count: 64, largest: 256, accumulates: accumulates).groups == 1)
  }

  /// Scratch memory made for a batch is enough for every smaller batch.
  @Test(arguments: largest, [false, true]) func neitherTilesNorGroupsShrinkWithTheBatch(_ largest: Int, _ accumulates: Bool) {
    var before = TilePartition(count: 1, largest: largest, accumulates: accumulates)
    for count in Self.counts {
      let partition = TilePartition(count: count, largest: largest, accumulates: accumulates)
      #expect(partition.columns >= before.columns && partition.groups >= before.groups && partition.tiles >= before.tiles, "\(count)")
      before = partition
    }
  }
}
