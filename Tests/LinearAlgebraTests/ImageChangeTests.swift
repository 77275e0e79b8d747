import LinearAlgebra
import Testing

@Suite struct ImageChangeTests {
  private static let (channels, height, width) = (2, 4, 5)

  /// The changed image by the formula: pixel (y, x) of the result is pixel (y + down, x + right) of the image, mirrored if asked for.
  private func formula(_ image: [Double], _ change: ImageChange) -> [Double] {
    func reflected(_ index: Int, _ size: Int) -> Int { index < 0 ? -index : index >= size ? 2 * (size - 1) - index : index }
    var result: [Double] = []
    for channel in 0..<Self.channels {
      for y in 0..<Self.height {
        for x in 0..<Self.width {
          var (from, column) = (y + change.down, x + change.right)
          let isInside = 0..<Self.height ~= from && 0..<Self.width ~= column
          (from, column) = (reflected(from, Self.height), reflected(column, Self.width))
          if change.isMirrored { column = Self.width - 1 - column }
          let isErased = change.hole.rows.contains(y) && change.hole.columns.contains(x)
          let isThere = (isInside || change.reflects) && 0..<Self.height ~= from && 0..<Self.width ~= column
          result.append(isErased || !isThere ? 0 : image[(channel * Self.height + from) * Self.width + column])
        }
      }
    }
    return result
  }

  private static let changes: [ImageChange] = [-3, 0, 2].flatMap { down in
    [-2, 0, 4].flatMap { right in
      [false, true].flatMap { mirrored in
        [false, true].map { reflects in
          var change = ImageChange()
          (change.down, change.right, change.isMirrored, change.reflects) = (down, right, mirrored, reflects)
          if down == right { change.hole = (1..<3, 2..<5) }
          return change
        }
      }
    }
  }

  @Test(arguments: Precision.allCases) func followsTheFormulaInItsColumnAlone(_ precision: Precision) throws {
    let rows = Self.channels * Self.height * Self.width
    let room = try Numbers(rows, precision)
    for each in Self.changes {
      let tile = try Tile(rows, 16, 32, precision, seed: 4)
      let before = (0..<16).map { column in (0..<rows).map { tile[$0, column] } }
      change(tile.block, column: 3, channels: Self.channels, height: Self.height, width: Self.width, by: each, room: room.vector)
      for column in 0..<16 {
        #expect((0..<rows).map { tile[$0, column] } == (column == 3 ? formula(before[3], each) : before[column]), "\(each)")
      }
    }
  }

  @Test func changesAreEqualIfAllTheirPartsAre() {
    #expect(Set(Self.changes.map { "\($0)" }).count == Self.changes.count)
    for (i, a) in Self.changes.enumerated() { for (j, b) in Self.changes.enumerated() { #expect((a == b) == (i == j)) } }
  }
}
