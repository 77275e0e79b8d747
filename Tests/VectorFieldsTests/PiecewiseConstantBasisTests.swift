import Settings
import Testing
import VectorFields

@Suite struct PiecewiseConstantBasisTests {
  private func pieces(_ count: Int, _ grid: TimeGrid) throws -> [Int?] {
    let basis = PiecewiseConstantBasis(count)
    #expect(try basis.count(on: grid) == count)
    return (0..<grid.layers).map { basis.piece(of: $0, on: grid) }
  }

  @Test func layersTakeThePieceOfTheirMidpoint() throws {
    #expect(try pieces(2, TimeGrid(layers: 4, horizon: 3)) == [0, 0, 1, 1])
    #expect(try pieces(4, TimeGrid(layers: 4, horizon: 0.7)) == [0, 1, 2, 3])
    // Two pieces do not align with three layers: the midpoint of the middle layer lies on the boundary and belongs to the later piece.
    #expect(try pieces(2, TimeGrid(layers: 3, horizon: 1)) == [0, 1, 1])
    // The boundary is 1; the layer from 0.4 to 1.5 has the midpoint 0.95.
    #expect(try pieces(2, TimeGrid(stepSizes: [0.4, 1.1, 0.5])) == [0, 0, 1])
  }

  /// On a grid of equal steps each of m ≤ N pieces contains a layer, even if its boundaries are rounded.
  @Test func everyPieceIsUsed() throws {
    for layers in 1...40 {
      for count in 1...layers {
        let pieces = try pieces(count, TimeGrid(layers: layers, horizon: 1.1)).map { $0 ?? -1 }
        #expect(pieces == pieces.sorted() && Set(pieces) == Set(0..<count), "\(count) of \(layers)")
      }
    }
  }

  @Test func refusesPiecesWithoutALayer() {
    #expect { try PiecewiseConstantBasis(5).count(on: TimeGrid(layers: 4, horizon: 1)) } throws: {
      ($0 as? Failure)?.status == .incompatible && "\($0)".contains("basis_count is 5 but layers is 4")
    }
    // The midpoints are 0.05, 5.1 and 10.15 of 10.2; piece 0 of three ends at 3.4 …
    #expect { try PiecewiseConstantBasis(3).count(on: TimeGrid(stepSizes: [10, 0.1, 0.1])) } throws: { "\($0)".contains("piece 0 of 3 holds no layer's midpoint") }
    #expect { try PiecewiseConstantBasis(3).count(on: TimeGrid(stepSizes: [0.1, 0.1, 10])) } throws: { "\($0)".contains("piece 2 of 3") }
  }
}
