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

  @Test func partsKeepTheStrides() throws {
    let numbers = try Numbers(20, .float64)
    let part = Matrix(numbers.buffer.base, rows: 4, columns: 5, precision: .float64).part(1, 2, 3, 2)
    #expect(part.base == numbers.buffer.base + 8 * 7 && (part.rows, part.columns, part.rowStride, part.columnStride) == (3, 2, 5, 1))
  }

  @Test(arguments: Precision.allCases)
  func vectorsLoadAndStoreRounded(_ precision: Precision) throws {
    let vector = try Numbers(4, precision).vector
    vector.store(0.1, at: 2)
    #expect(vector.load(2) == (precision == .float32 ? Double(Float(0.1)) : 0.1))
    #expect(vector[2..<4].load(0) == vector.load(2) && vector[2..<4].count == 2)
  }
}
