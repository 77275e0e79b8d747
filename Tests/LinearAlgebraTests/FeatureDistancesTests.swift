import LinearAlgebra
import Testing

@Suite struct FeatureDistancesTests {
  /// Over more rows than one tile holds, of any type and with any strides.
  @Test func theLargestOfAllRowsIsFound() throws {
    let rows = 600
    var numbers = (0..<rows * 3).map { Float($0 % 7) }
    (numbers[3 * 599 + 2], numbers[3 * 300]) = (-50, 90)
    let found = try numbers.withUnsafeBytes { bytes in
      try largestDistances(TensorView(bytes.baseAddress!, type: .float32, rows: rows, columns: 3), columns: [0, 2], centers: [10, 1])
    }
    #expect(found == [80, 51])
    let reversed = try numbers.withUnsafeBytes { bytes in
      try largestDistances(TensorView(bytes.baseAddress!, type: .float32, rows: rows, columns: 3, rowStride: 3, columnStride: 1).rows(0..<100), columns: [1], centers: [-1])
    }
    #expect(reversed == [7])
  }
}
