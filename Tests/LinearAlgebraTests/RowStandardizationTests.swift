import LinearAlgebra
import TestSupport
import Testing

@Suite struct RowStandardizationTests {
  /// Only the first four of sixteen columns are samples; the others stay.
  @Test func rowsGetMeanAndDeviation() throws {
    let numbers = try SampleNumbers(3 * 16, .float64)
    for index in 0..<48 { numbers[index] = 99 }
    for (column, number) in [1.0, 3, 5, 7].enumerated() {
      numbers[column] = number
      numbers[16 + column] = 1e6 * number
      numbers[32 + column] = 7
    }
    let block = numbers.block(rows: 3, columns: 16)
    centerRows(block.rows(0..<1), count: 4)
    #expect(numbers.values[0..<5] == [-3, -1, 1, 3, 99])
    standardizeRows(block, count: 4)
    let wanted = [-3.0, -1, 1, 3].map { $0 / 5.0.squareRoot() }
    for row in 0..<2 { #expect(largestDifference(Array(numbers.values[16 * row..<16 * row + 4]), wanted) < 1e-15) }
    #expect(numbers.values[32..<37] == [0, 0, 0, 0, 99])
  }
}
