import LinearAlgebra
import Testing

/// For every pair of types small integers, which all types can hold, are copied exactly through a transposing and a reversing view.
@Test(arguments: ElementType.allCases)
func copyBetweenTypes(_ from: ElementType) throws {
  for to in ElementType.allCases {
    let numbers = try Buffer(count: 6, precision: .float64)
    let source = try Buffer(byteCount: 6 * from.byteCount)
    let target = try Buffer(byteCount: 6 * to.byteCount)
    let back = try Buffer(count: 6, precision: .float64)
    for index in 0..<6 { numbers.vector(count: 6, precision: .float64).store(Double(3 * index + 1), at: index) }

    let dense = TensorView(numbers.base, type: .float64, rows: 2, columns: 3)
    copy(dense, into: MutableTensorView(source.base, type: from, rows: 2, columns: 3))
    // Column-major, rows from the last to the first.
    let turned = MutableTensorView(target.base + to.byteCount, type: to, rows: 2, columns: 3, rowStride: -1, columnStride: 2)
    copy(TensorView(source.base, type: from, rows: 2, columns: 3), into: turned)
    copy(turned.view, into: MutableTensorView(back.base, type: .float64, rows: 2, columns: 3))
    for index in 0..<6 { #expect(back.vector(count: 6, precision: .float64).load(index) == Double(3 * index + 1)) }
    // Element (0, 0) lies behind element (1, 0).
    copy(TensorView(target.base, type: to, rows: 1, columns: 2), into: MutableTensorView(back.base, type: .float64, rows: 1, columns: 2))
    #expect(back.vector(count: 6, precision: .float64).load(0) == 10)
    #expect(back.vector(count: 6, precision: .float64).load(1) == 1)
  }
}

/// Numbers that an integer type cannot hold become its nearest bound, and NaN becomes 0. Nothing traps.
@Test func copyClampsToIntegers() throws {
  let numbers = try Buffer(count: 5, precision: .float64)
  let vector = numbers.vector(count: 5, precision: .float64)
  for (index, value) in [Double.infinity, -1e300, .nan, 2.5, -7].enumerated() { vector.store(value, at: index) }
  let target = try Buffer(byteCount: 5)
  copy(TensorView(numbers.base, type: .float64, rows: 1, columns: 5), into: MutableTensorView(target.base, type: .uint8, rows: 1, columns: 5))
  let expected: [UInt8] = [255, 0, 0, 2, 0]
  for (index, value) in expected.enumerated() { #expect(target.base.load(fromByteOffset: index, as: UInt8.self) == value) }
}
