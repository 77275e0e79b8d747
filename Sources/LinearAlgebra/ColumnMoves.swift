/// out[i,s] = x[i·stride + offsets[s]]: copies samples from another block, each from its own column and first row.
///
/// - Parameters:
///   - x: any block of the precision of `out` and not its memory.
///   - offsets: for each column of `out`, elements from the beginning of `x` to the sample's first number; at least 0.
package func gatherColumns(_ x: Block, offsets: UnsafePointer<Int64>, into out: Block) {
  switch out.precision {
  case .float32: gather(UInt32.self, x, offsets, out)
  case .float64: gather(UInt64.self, x, offsets, out)
  }
}

/// out[i·stride + offsets[s]] = x[i,s]: the inverse of `gatherColumns`; samples whose offset is negative are left out.
package func scatterColumns(_ x: Block, offsets: UnsafePointer<Int64>, into out: Block) {
  switch out.precision {
  case .float32: scatter(UInt32.self, x, offsets, out)
  case .float64: scatter(UInt64.self, x, offsets, out)
  }
}

@inline(__always) private func gather<Bits>(_: Bits.Type, _ x: Block, _ offsets: UnsafePointer<Int64>, _ out: Block) {
  let from = x.base.assumingMemoryBound(to: Bits.self)
  let to = out.base.assumingMemoryBound(to: Bits.self)
  for row in 0..<out.rows {
    let source = from + row &* x.stride
    let target = to + row &* out.stride
    for column in 0..<out.columns { target[column] = source[Int(offsets[column])] }
  }
}

@inline(__always) private func scatter<Bits>(_: Bits.Type, _ x: Block, _ offsets: UnsafePointer<Int64>, _ out: Block) {
  let from = x.base.assumingMemoryBound(to: Bits.self)
  let to = out.base.assumingMemoryBound(to: Bits.self)
  for row in 0..<x.rows {
    let source = from + row &* x.stride
    let target = to + row &* out.stride
    for column in 0..<x.columns where offsets[column] >= 0 { target[Int(offsets[column])] = source[column] }
  }
}

extension Block {
  /// Rows that hold a record of `byteCount` bytes for each column, whatever the number of columns.
  package static func rows(forRecordsOf byteCount: Int, precision: Precision) -> Int { (byteCount + 15) / precision.byteCount + 1 }

  /// The block's memory as one record for each column, with data of a sample besides its numbers. It begins on a multiple of 8 bytes.
  @inlinable package func records<Record: BitwiseCopyable>(of type: Record.Type) -> UnsafeMutablePointer<Record> {
    let aligned = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: base) &+ 7) & ~7) ?? base
    return aligned.bindMemory(to: Record.self, capacity: columns)
  }
}
