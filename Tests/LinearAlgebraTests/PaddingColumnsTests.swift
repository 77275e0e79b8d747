import LinearAlgebra
import TestSupport
import Testing

@Suite struct PaddingColumnsTests {
  @Test(arguments: Precision.allCases) func clearsFromTheFirst(_ precision: Precision) throws {
    let numbers = try SampleNumbers(Array(repeating: 3.0, count: 4 * 16), precision)
    clearColumns(numbers.block(rows: 4, columns: 16), from: 5)
    for index in 0..<64 { #expect(numbers[index] == (index % 16 < 5 ? 3 : 0)) }
    clearColumns(numbers.block(rows: 4, columns: 16), from: 16)
    #expect(numbers[0] == 3)
  }
}
