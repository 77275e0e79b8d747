import LinearAlgebra
import Testing

struct MatrixTests {
  @Test func theTransposeIsTheSameMemory() throws {
    let numbers = try Numbers(6, .float32)
    let matrix = Matrix(numbers.buffer.base, rows: 2, columns: 3, precision: .float32)
    let turned = matrix.transposed
    #expect((matrix.rowStride, matrix.columnStride) == (3, 1) && (turned.rowStride, turned.columnStride) == (1, 3))
    #expect((turned.rows, turned.columns) == (3, 2) && turned.base == matrix.base)
  }

  @Test(arguments: Precision.allCases)
  func vectorsLoadAndStoreRounded(_ precision: Precision) throws {
    let vector = try Numbers(4, precision).vector
    vector.store(0.1, at: 2)
    #expect(vector.load(2) == (precision == .float32 ? Double(Float(0.1)) : 0.1))
    #expect(vector[2..<4].load(0) == vector.load(2) && vector[2..<4].count == 2)
  }
}
