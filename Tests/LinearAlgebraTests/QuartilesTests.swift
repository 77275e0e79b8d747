import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct QuartilesTests {
  private func found(_ values: [Double], columns: Int = 1) throws -> [[Double]] {
    var all: [[Double]] = []
    try quartiles(try TestSupport.Numbers(values, .float64).view(rows: values.count / columns, columns: columns)) { column, lower, median, upper in
      #expect(column == all.count)
      all.append([lower, median, upper])
    }
    return all
  }

  @Test func areNumbersOfTheColumn() throws {
    #expect(try found([7]) == [[7, 7, 7]])
    #expect(try found([4, -1, 3, 2]) == [[-1, 2, 3]])
    #expect(try found([1, -5, 2, -6, 3, -7, 4, -8], columns: 2) == [[1, 2, 3], [-8, -7, -6]])
    #expect(try found([0, -0.0, 1e300, -1e300, .leastNonzeroMagnitude]) == [[0, 0, .leastNonzeroMagnitude]])
  }

  /// Those of many rows are found among some of them.
  @Test func manyRowsAreSampled() throws {
    let count = 200_000
    let middle = try found((0..<count).map { Double(($0 * 7919) % count) })[0]
    for (quarter, number) in zip([0.25, 0.5, 0.75], middle) { #expect(abs(number / Double(count) - quarter) < 0.01) }
  }
}
