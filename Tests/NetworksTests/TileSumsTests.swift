import Integrators
import LinearAlgebra
import Networks
import Settings
import Testing

@Suite struct TileSumsTests {
  private func sums(tiles: Int, workers: Int) throws -> (TileSums, Arena) {
    var size = Arena.Size()
    TileSums.add(tiles: tiles, to: &size)
    let arena = try Arena(size)
    return (TileSums(arena, tiles: tiles, workers: workers), arena)
  }

  /// 1 + 2⁻⁵³ + 2⁻⁵³ is 1 when summed from the left and more than 1 from the right. The sum follows the order of the tiles, no matter which thread added them and when.
  @Test func lossesAddUpInTheOrderOfTheTiles() throws {
    let (sums, arena) = try sums(tiles: 3, workers: 2)
    defer { withExtendedLifetime(arena) {} }
    for order in [[0, 1, 2], [2, 0, 1], [2, 1, 0]] {
      try sums.begin(tiles: 3)
      for tile in order {
        var result = BatchResult()
        (result.lossSum, result.costSum, result.count, result.correct) = (tile == 0 ? 1 : 0x1p-53, Double(tile), 4, tile)
        sums.note(result, tile: tile, worker: tile % 2)
      }
      let total = sums.total(tiles: 3)
      #expect(total.lossSum == 1 && total.costSum == 3 && total.count == 12 && total.correct == 3)
    }
  }

  @Test func theFirstFailureIsThatOfTheLowestTile() throws {
    let (sums, arena) = try sums(tiles: 6, workers: 3)
    defer { withExtendedLifetime(arena) {} }
    try sums.begin(tiles: 6)
    #expect(sums.failure == nil)
    for (tile, worker) in [(4, 2), (1, 1), (3, 1), (2, 0)] {
      var result = BatchResult()
      result.failure = SampleFailure(Failure(.notConverged, "tile \(tile)"))
      sums.note(result, tile: tile, worker: worker)
    }
    #expect(sums.failure?.failure.message == "tile 1")
    try sums.begin(tiles: 6)
    #expect(sums.failure == nil)
  }

  /// Made for 2^34 tiles it allocates 64 KB; a batch with more tiles than fit allocates more memory once.
  @Test func roomIsMadeForTilesThatCome() throws {
    let (sums, arena) = try sums(tiles: 1 << 34, workers: 1)
    #expect(arena.byteCount == 65536 && sums.byteCount == 0)
    let tiles = TileSums.keptTiles + 1
    for _ in 0..<2 {
      try sums.begin(tiles: tiles)
      #expect(sums.byteCount == 16 * tiles)
      for tile in 0..<tiles {
        var result = BatchResult()
        result.lossSum = 1
        sums.note(result, tile: tile, worker: 0)
      }
      #expect(sums.total(tiles: tiles).lossSum == Double(tiles))
    }
  }
}
