/// Sets the columns from `first` on to zero: those behind the last sample.
package func clearColumns(_ x: Block, from first: Int) {
  let (bytes, count) = (x.precision.byteCount, x.columns - first)
  guard count > 0 else { return }
  for row in 0..<x.rows { (x.base + (row * x.stride + first) * bytes).initializeMemory(as: UInt8.self, repeating: 0, count: count * bytes) }
}
