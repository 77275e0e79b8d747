import LinearAlgebra
import Testing

struct RowScalingTests {
  @Test(arguments: Precision.allCases)
  func eachRowHasItsFactor(_ precision: Precision) throws {
    let (x, factors) = (try Numbers(3 * 32, precision, seed: 1), try Numbers(3, precision, seed: 2))
    let before = x.values
    scaleRows(x.block(rows: 3, columns: 16, stride: 32), by: factors.vector)
    for i in 0..<3 {
      for j in 0..<32 { #expect(abs(x[i * 32 + j] - (j < 16 ? factors[i] : 1) * before[i * 32 + j]) <= precision.epsilon) }
    }
  }
}
