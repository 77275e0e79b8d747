import LinearAlgebra
import Testing

@Suite struct RowMakerTests {
  /// Rows of 3 features: row + 10·column.
  private func maker(bound: Double = 100) -> RowMaker {
    RowMaker(
      bound: bound,
      gather: { rows, scaling, tile in
        fill(tile, 0)
        for sample in 0..<rows.count {
          for feature in 0..<3 {
            let (shift, scale) = (scaling?.part(feature..<feature + 1).shift?.load(0) ?? 0, scaling?.part(feature..<feature + 1).scale?.load(0) ?? 1)
            Vector(tile.rows(feature..<feature + 1).base, count: tile.columns, precision: tile.precision).store((Double(rows.row(sample) + 10 * feature) - shift) * scale, at: sample)
          }
        }
      },
      number: { row, column in Double(row + 10 * column) })
  }

  private func gathered(_ view: TensorView, rows: [Int64]? = nil, start: Int, count: Int, scaling: FeatureScaling? = nil) throws -> [[Double]] {
    let memory = try Buffer(count: 3 * 16, precision: .float64)
    let tile = Block(memory.base, rows: 3, columns: 16, precision: .float64)
    if let rows { rows.withUnsafeBufferPointer { gather(view, rows: $0.baseAddress, start: start, count: count, scaling: scaling, into: tile) } } else { gather(view, rows: nil, start: start, count: count, scaling: scaling, into: tile) }
    return (0..<count).map { sample in (0..<3).map { memory.vector(count: 16, precision: .float64, offset: $0 * 128).load(sample) } }
  }

  @Test func slicesAndNumberedRowsAreMade() throws {
    let maker = maker()
    let view = TensorView(maker, type: .float64, rows: 50, columns: 3)
    #expect(view.isMade && !view.hasDenseRows && view.extent() != nil)
    #expect(try gathered(view, start: 4, count: 2) == [[4, 14, 24], [5, 15, 25]])
    #expect(try gathered(view, rows: [9, 7, 3], start: 1, count: 2) == [[7, 17, 27], [3, 13, 23]])
    let slice = view.rows(20..<30)
    #expect(slice.rows == 10 && slice.isMade)
    #expect(try gathered(slice, start: 1, count: 1) == [[21, 31, 41]])
    #expect(try gathered(slice, rows: [2, 0], start: 0, count: 2) == [[22, 32, 42], [20, 30, 40]])
    #expect(slice.number(row: 3, column: 1) == 33)
  }

  @Test func boundsAreKnownWithoutReading() {
    let sound = maker()
    let view = TensorView(sound, type: .float32, rows: 50, columns: 3)
    #expect(magnitudeBound(view) == 100 && firstNonFinite(view) == nil && firstUnheld(view, by: .float32) == nil)
  }

  @Test func aPartOfAScalingIsThatOfItsFeatures() throws {
    let memory = try Buffer(count: 6, precision: .float64)
    let (shift, scale) = (memory.vector(count: 3, precision: .float64), memory.vector(count: 3, precision: .float64, offset: 24))
    for index in 0..<3 {
      shift.store(Double(index), at: index)
      scale.store(2, at: index)
    }
    let maker = maker()
    let scaling = FeatureScaling(shift: shift, scale: scale)
    #expect(scaling.part(1..<3).shift?.load(0) == 1 && scaling.part(2..<3).scale?.count == 1)
    #expect(try gathered(TensorView(maker, type: .float64, rows: 9, columns: 3), start: 0, count: 1, scaling: scaling) == [[0, 18, 36]])
  }
}
