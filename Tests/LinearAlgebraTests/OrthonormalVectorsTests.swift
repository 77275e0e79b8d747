import LinearAlgebra
import TestSupport
import Testing

@Suite struct OrthonormalVectorsTests {
  @Test(arguments: Precision.allCases) func irregularNumbersAreOfSizeOneAndDiffer(_ precision: Precision) throws {
    let (first, second) = (try Numbers(64, precision), try Numbers(64, precision))
    fillIrregular(first.vector)
    fillIrregular(second.vector, number: 1)
    let numbers = (0..<64).map { first[$0] }
    #expect(numbers.allSatisfy { (0.5...1.5).contains(abs($0)) } && numbers.contains { $0 > 0 } && numbers.contains { $0 < 0 } && Set(numbers).count == 64)
    #expect((0..<64).allSatisfy { first[$0] != second[$0] })
    // The bits that estimates of eigenvalues and norms have always begun with: 2654435769/2³² + ½, its 17th bit being 1.
    #expect(irregularNumber(0) == -(0.5 + 2_654_435_769 * 0x1p-32))
  }

  @Test func columnsBecomeOrthonormal() throws {
    let columns = (0..<3).map { _ in Block.zeros(5, 1, .float64) }
    for (number, column) in columns.enumerated() {
      fillIrregular(column, number: number)
      try orthogonalize(column, against: columns[0..<number])
      #expect(normalize(column) > 0.1)
    }
    for i in 0..<3 { for j in 0...i { #expect(abs(dot(columns[i], columns[j]) - (i == j ? 1 : 0)) < 1e-15) } }
    let zero = Block.zeros(5, 1, .float64)
    #expect(normalize(zero) == 0 && dot(zero, zero) == 0)
  }
}
