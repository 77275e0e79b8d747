import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct IntakeTests {
    /// Rows in any order from any type and strides into a wider tile and back; the tile's other features and columns are zeros.
    @Test(arguments: Precision.allCases, ElementType.allCases)
    func gathersRowsOfEveryType(_ precision: Precision, _ type: ElementType) throws {
      let (rows, columns) = (21, 19)
      let bytes = try Buffer(byteCount: rows * columns * 2 * 8)
      // Element (r, c) is 3r + c at rows going backward and every second column.
      let view = TensorView(
        bytes.base + (rows - 1) * columns * 2 * type.byteCount, type: type, rows: rows, columns: columns, rowStride: -columns * 2, columnStride: 2)
      for r in 0..<rows {
        for c in 0..<columns {
          let at = UnsafeMutableRawPointer(mutating: view.base) + (r * view.rowStride + c * 2) * type.byteCount
          let value = 3 * r + c
          switch type {
          case .float32: at.storeBytes(of: Float(value), as: Float.self)
          case .float64: at.storeBytes(of: Double(value), as: Double.self)
          case .uint8: at.storeBytes(of: UInt8(value), as: UInt8.self)
          case .int8: at.storeBytes(of: Int8(value), as: Int8.self)
          case .int32: at.storeBytes(of: Int32(value), as: Int32.self)
          case .int64: at.storeBytes(of: Int64(value), as: Int64.self)
          }
        }
      }
      let order: [Int64] = (0..<Int64(rows)).map { ($0 * 5) % Int64(rows) }
      let (shift, scale) = (try Numbers(columns, precision), try Numbers(columns, precision))
      for c in 0..<columns { (shift[c], scale[c]) = (Double(c), 0.5) }
      for level in levels {
        let tile = try Numbers(23 * 32, precision)
        withInstructionSet(level) {
          order.withUnsafeBufferPointer { gather(view, rows: $0.baseAddress, start: 2, count: 18, shift: shift.vector, scale: scale.vector, into: tile.block(rows: 23, columns: 32)) }
        }
        for f in 0..<23 {
          for s in 0..<32 {
            #expect(tile[f * 32 + s] == (f < columns && s < 18 ? 1.5 * Double(order[2 + s]) : 0))
          }
        }
      }
    }

    @Test(arguments: Precision.allCases, [ElementType.float32, .float64])
    func scattersAndConverts(_ precision: Precision, _ type: ElementType) throws {
      let tile = try Numbers(5 * 16, precision, seed: 3)
      for i in 0..<80 { tile[i] = Double(Float(tile[i])) }
      let out = try Numbers(8 * 3, type == .float32 ? .float32 : .float64)
      let before = out.values
      // Three of the tile's five features, transposed in memory.
      scatter(tile.block(rows: 5, columns: 16), count: 6, to: MutableTensorView(out.buffer.base, type: type, rows: 8, columns: 3, rowStride: 1, columnStride: 8), startRow: 2)
      for r in 0..<8 { for c in 0..<3 { #expect(out[c * 8 + r] == (r < 2 ? before[c * 8 + r] : tile[c * 16 + r - 2])) } }

      let there = try Numbers(80, type == .float32 ? .float32 : .float64)
      convert(tile.vector, to: MutableTensorView(there.buffer.base, type: type, rows: 5, columns: 16, rowStride: 1, columnStride: 5))
      #expect(there[7] == tile[2 * 16 + 1])
      let back = try Numbers(80, precision)
      convert(TensorView(there.buffer.base, type: type, rows: 5, columns: 16, rowStride: 1, columnStride: 5), into: back.vector)
      #expect(back.values == tile.values)
    }

    @Test(arguments: [Precision.float32, .float64])
    func findsTheFirstNumberThatIsNotFinite(_ precision: Precision) throws {
      let numbers = try Numbers(7 * 50, precision)
      let type = ElementType(precision)
      #expect(firstNonFinite(TensorView(numbers.buffer.base, type: type, rows: 7, columns: 50)) == nil)
      numbers[3 * 50 + 47] = .infinity
      numbers[5 * 50 + 1] = .nan
      for level in levels {
        let found = withInstructionSet(level) { firstNonFinite(TensorView(numbers.buffer.base, type: type, rows: 7, columns: 50)) }
        #expect(found?.row == 3 && found?.column == 47)
      }
      let turned = firstNonFinite(TensorView(numbers.buffer.base, type: type, rows: 50, columns: 7, rowStride: 1, columnStride: 50))
      #expect(turned?.row == 1 && turned?.column == 5)
      #expect(firstNonFinite(TensorView(numbers.buffer.base, type: .int32, rows: 7, columns: 50)) == nil)
    }
  }
}
