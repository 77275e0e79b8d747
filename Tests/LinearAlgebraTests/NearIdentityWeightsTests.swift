import LinearAlgebra
import Testing

@Suite struct NearIdentityWeightsTests {
  private func numbers(_ values: [Double]) throws -> Numbers {
    let numbers = try Numbers(values.count, .float64)
    for (index, value) in values.enumerated() { numbers[index] = value }
    return numbers
  }

  /// W = I + h w and its inverse, for any strides; a transposed view changes the same diagonal.
  @Test(arguments: [false, true]) func addsAndTakesTheIdentity(_ transposed: Bool) throws {
    let numbers = try numbers([1, 2, 3, 4, 5, 6, 7, 8, 9])
    let whole = Matrix(numbers.vector.base, rows: 3, columns: 3, precision: .float64)
    let matrix = transposed ? whole.transposed : whole
    scaleTowardsIdentity(matrix, by: 0.5, addingIdentity: true)
    #expect(numbers.values == [1.5, 1, 1.5, 2, 3.5, 3, 3.5, 4, 5.5])
    divideFromIdentity(matrix, by: 0.5, subtractingIdentity: true)
    #expect(numbers.values == [1, 2, 3, 4, 5, 6, 7, 8, 9])
  }

  @Test func withoutTheIdentityItIsAScaling() throws {
    let numbers = try numbers([3, -6])
    let row = Matrix(numbers.vector.base, rows: 1, columns: 2, precision: .float64)
    scaleTowardsIdentity(row, by: 0.25, addingIdentity: false)
    #expect(numbers.values == [0.75, -1.5])
    divideFromIdentity(row, by: 0.25, subtractingIdentity: false)
    #expect(numbers.values == [3, -6])
  }

  /// 1 + h w is rounded only once, by a fused multiply-add. With h = w = 1 + 2⁻³⁰ the product alone, 1 + 2⁻²⁹ + 2⁻⁶⁰, would be rounded first.
  @Test func roundsOnce() throws {
    let h = 1 + 0x1p-30
    let numbers = try numbers([-h])
    scaleTowardsIdentity(Matrix(numbers.vector.base, rows: 1, columns: 1, precision: .float64), by: h, addingIdentity: true)
    #expect(numbers[0] == -0x1p-29 - 0x1p-60)
  }
}
