import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct IntakeTests {
    /// Rows are copied in any order, from any type and strides, into a wider tile and back. The tile's other features and columns are zeros.
    @Test(arguments: Precision.allCases, ElementType.allCases)
    func gathersRowsOfEveryType(_ precision: Precision, _ type: ElementType) throws {
      let (rows, columns) = (21, 19)
      let bytes = try Buffer(byteCount: rows * columns * 2 * 8)
      // Element (r, c) is 3r + c, with rows in reverse order and every second column.
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
      let (shift, scale) = (try SampleNumbers((0..<columns).map { Double($0) }, .float64), try SampleNumbers(Array(repeating: 0.5, count: columns), .float64))
      let narrow = (try SampleNumbers(shift.values, precision), try SampleNumbers(scale.values, precision))
      let scaling = FeatureScaling(shift: shift.vector, scale: scale.vector, narrow: (narrow.0.vector, narrow.1.vector))
      for level in levels {
        let tile = try Numbers(23 * 32, precision)
        withInstructionSet(level) {
          order.withUnsafeBufferPointer { gather(view, rows: $0.baseAddress, start: 2, count: 18, scaling: scaling, into: tile.block(rows: 23, columns: 32)) }
        }
        for f in 0..<23 {
          for s in 0..<32 {
            #expect(tile[f * 32 + s] == (f < columns && s < 18 ? 1.5 * Double(order[2 + s]) : 0))
          }
        }
      }
    }

    /// Numbers that are distinct in the caller's type stay distinct in float32, because shift and scale are applied before rounding.
    @Test func largeOffsetsAreTakenOffInTheCallersType() throws {
      let (rows, origin) = (1000, Int64(1) << 60)
      let seconds = (0..<rows).map { 1.7e9 + Double($0) }
      let nanoseconds = (0..<rows).map { origin + 12 + Int64($0) }
      let counts = (0..<rows).map { Int32(2_000_000_001) + Int32($0) }
      func tile(_ base: UnsafeRawPointer?, _ type: ElementType, _ shift: Double, _ scale: Double) throws -> [Double] {
        let (shift, scale) = (try SampleNumbers([shift], .float64), try SampleNumbers([scale], .float64))
        let narrow = (try SampleNumbers(shift.values, .float32), try SampleNumbers(scale.values, .float32))
        let out = try Numbers(1008, .float32)
        gather(
          TensorView(try #require(base), type: type, rows: rows, columns: 1), rows: nil, start: 0, count: rows,
          scaling: FeatureScaling(shift: shift.vector, scale: scale.vector, narrow: (narrow.0.vector, narrow.1.vector)), into: out.block(rows: 1, columns: 1008))
        return Array(out.values[..<rows])
      }
      for level in levels {
        try withInstructionSet(level) {
          let halves = try seconds.withUnsafeBytes { try tile($0.baseAddress, .float64, 1.7e9, 0.5) }
          #expect(halves == (0..<rows).map { 0.5 * Double($0) })
          // float64 cannot distinguish these integers, but integers are subtracted exactly.
          let exact = try nanoseconds.withUnsafeBytes { try tile($0.baseAddress, .int64, Double(origin), 2) }
          #expect(exact == (0..<rows).map { 2 * Double($0 + 12) })
          let odd = try counts.withUnsafeBytes { try tile($0.baseAddress, .int32, 2_000_000_000.5, 2) }
          #expect(odd == (0..<rows).map { 2 * Double($0) + 1 })
          // If the difference of the integers does not fit, float64 is used.
          let far = try [Int64](repeating: .min, count: rows).withUnsafeBytes { try tile($0.baseAddress, .int64, 0x1p61, 1) }
          #expect(far.allSatisfy { $0 == -0x1p63 - 0x1p61 })
        }
      }
    }

    /// float32 numbers are shifted and scaled in float32, unless it cannot represent the shift or the scale.
    @Test func float32IsScaledInFloat32() throws {
      let numbers: [Float] = (0..<48).map { 3.1 * Float($0) - 7 }
      let (shift, scale) = (try SampleNumbers([0.1], .float64), try SampleNumbers([1 / 3.0], .float64))
      let narrow = (try SampleNumbers([0.1], .float32), try SampleNumbers([1 / 3.0], .float32))
      let out = try Numbers(48, .float32)
      try numbers.withUnsafeBytes {
        let view = TensorView(try #require($0.baseAddress), type: .float32, rows: 48, columns: 1)
        gather(view, rows: nil, start: 0, count: 48, scaling: FeatureScaling(shift: shift.vector, scale: scale.vector, narrow: (narrow.0.vector, narrow.1.vector)), into: out.block(rows: 1, columns: 48))
        #expect(out.values == numbers.map { Double(($0 - 0.1 as Float) * (Float(1 / 3.0))) })
        gather(view, rows: nil, start: 0, count: 48, scaling: FeatureScaling(shift: shift.vector, scale: scale.vector), into: out.block(rows: 1, columns: 48))
        #expect(out.values == numbers.map { Double(Float((Double($0) - 0.1) * (1 / 3.0))) })
      }
    }

    /// Derivatives with respect to scaled features are converted to those with respect to the caller's features in float64, which can hold products that float32 cannot.
    @Test func scatterScales() throws {
      let tile = try SampleNumbers([1, 2, 3, 4], .float32)
      let scale = try SampleNumbers([1e-40, 3], .float64)
      let out = try SampleNumbers(4, .float64)
      scatter(
        tile.block(rows: 2, columns: 2), count: 2, to: out.target(rows: 2, columns: 2), startRow: 0, scale: FeatureScaling(shift: nil, scale: scale.vector))
      #expect(out.values == [1e-40, 9, 2e-40, 12])
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
