import LinearAlgebra
import TestSupport
import Testing

@Suite struct FiniteTests {
  /// The largest double that rounds to a finite float; the next one does not.
  @Test func theLargestNumberIsTheLastThatRoundsToAFiniteOne() {
    let largest = Precision.float32.largest
    #expect(Float(largest) == .greatestFiniteMagnitude && Float(largest.nextUp) == .infinity)
    #expect(Precision.float64.largest == .greatestFiniteMagnitude)
  }

  /// A kernel checks dense rows; strided rows are checked number by number. The lengths are near those of the kernels' vectors.
  @Test(arguments: Precision.allCases, [1, 3, 16, 17, 70]) func magnitudesAreThoseOfTheNumbers(_ precision: Precision, _ columns: Int) throws {
    let numbers = try SampleNumbers.normal(4 * columns, precision, seed: 5)
    let expected = numbers.values.map(\.magnitude).max()
    let dense = numbers.view(rows: 4, columns: columns)
    let turned = TensorView(dense.base, type: dense.type, rows: columns, columns: 4, rowStride: 1, columnStride: columns)
    #expect(magnitudeBound(dense) == expected && magnitudeBound(turned) == expected)
    for place in [0, columns, 4 * columns - 1] {
      for value in [Double.nan, .infinity, -.infinity] {
        let before = numbers[place]
        numbers[place] = value
        #expect(magnitudeBound(dense).isNaN && magnitudeBound(turned).isNaN)
        numbers[place] = before
      }
    }
  }

  @Test func integersAreBoundedByTheirType() {
    let bytes: [Int64] = [7]
    bytes.withUnsafeBytes { memory in
      guard let base = memory.baseAddress else { return }
      for (type, low, high) in [(ElementType.uint8, 0.0, 255.0), (.int8, -128, 127), (.int32, -0x1p31, 0x1p31), (.int64, -0x1p63, 0x1p63)] {
        let bound = magnitudeBound(TensorView(base, type: type, rows: 1, columns: 1))
        #expect(bound >= -low && bound >= high)
      }
    }
  }

  @Test(arguments: [1, 2, 19]) func findsWhatFloat32CannotHold(_ columns: Int) throws {
    let numbers = try SampleNumbers.normal(3 * columns, .float64, seed: 6)
    let dense = numbers.view(rows: 3, columns: columns)
    let turned = TensorView(dense.base, type: .float64, rows: columns, columns: 3, rowStride: 1, columnStride: columns)
    #expect(firstUnheld(dense, by: .float32) == nil && firstUnheld(turned, by: .float32) == nil)
    for value in [1e39, -1e39, .nan, .infinity] {
      numbers[2 * columns - 1] = value
      let (place, other) = (try #require(firstUnheld(dense, by: .float32)), try #require(firstUnheld(turned, by: .float32)))
      #expect(place == (1, columns - 1) && other == (columns - 1, 1))
      #expect((firstUnheld(dense, by: .float64) == nil) == value.isFinite)
      #expect((firstUnheld(dense, by: .float32, allowsNaN: true) == nil) == value.isNaN)
    }
  }

  @Test func aRowIsFilledInItsOwnType() throws {
    let numbers = try SampleNumbers([1, 2, 3, 4, 5, 6], .float32)
    numbers.target(rows: 3, columns: 2).fill(row: 1, with: .nan)
    #expect(numbers[1] == 2 && numbers[2].isNaN && numbers[3].isNaN && numbers[4] == 5)
    var classes: [Int64] = [3, 3]
    classes.withUnsafeMutableBytes { memory in
      guard let base = memory.baseAddress else { return }
      MutableTensorView(base, type: .int64, rows: 2, columns: 1).fill(row: 1, with: -1)
    }
    #expect(classes == [3, -1])
  }

  @Test(arguments: Precision.allCases) func columnsBeyondALimitAreFoundWithoutPadding(_ precision: Precision) throws {
    let tile = try SampleNumbers(2 * 16, precision)
    (tile[3], tile[16 + 7], tile[16 + 2], tile[12]) = (.nan, -5, 4, .infinity)
    var found: [Int] = []
    forEachColumn(of: tile.block(rows: 2, columns: 16), count: 12, beyond: 4) { found.append($0) }
    #expect(found == [3, 7])
  }
}
