import LinearAlgebra
import Testing

struct MatrixCopyTests {
  /// Copies numbers from any strides to any strides; copying the same view again gives the transpose of the memory.
  @Test(arguments: Precision.allCases)
  func copiesAndTransposes(_ precision: Precision) throws {
    let (x, out) = (try Numbers(15, precision, seed: 1), try Numbers(15, precision, seed: 2))
    let plain = Matrix(x.buffer.base, rows: 3, columns: 5, precision: precision)
    copy(plain, into: Matrix(out.buffer.base, rows: 5, columns: 3, precision: precision).transposed)
    for i in 0..<3 { for j in 0..<5 { #expect(out[j * 3 + i] == x[i * 5 + j]) } }
    copy(plain.transposed, into: Matrix(out.buffer.base, rows: 5, columns: 3, precision: precision))
    for i in 0..<3 { for j in 0..<5 { #expect(out[j * 3 + i] == x[i * 5 + j]) } }
  }
}
