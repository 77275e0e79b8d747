/// Σ (x − y − shift·e)² over the first `samples` columns, in Double, row by row; e_i = ±1 are the signs of `stream` (`probeSign`).
///
/// - Cost: one pass; allocates nothing. These are plain loops instead of kernels, because the terms that need them are seldom used.
package func squaredChange(_ x: Block, _ y: Block, shift: Double = 0, stream: Int = 0, samples: Int) -> Double {
  switch x.precision {
  case .float32: return squaredChange(Float.self, x, y, shift, stream, min(samples, x.columns))
  case .float64: return squaredChange(Double.self, x, y, shift, stream, min(samples, x.columns))
  }
}

/// out += factor·(x − y − shift·e) in the first `samples` columns; the others, which are padding, stay as they are.
package func accumulateChange(_ factor: Double, _ x: Block, _ y: Block, shift: Double = 0, stream: Int = 0, samples: Int, addingTo out: Block) {
  switch x.precision {
  case .float32: accumulateChange(Float.self, factor, x, y, shift, stream, min(samples, x.columns), out)
  case .float64: accumulateChange(Double.self, factor, x, y, shift, stream, min(samples, x.columns), out)
  }
}

/// out = x + shift·e in all columns.
package func shiftRows(_ x: Block, by shift: Double, stream: Int, into out: Block) {
  switch x.precision {
  case .float32: shiftRows(Float.self, x, shift, stream, out)
  case .float64: shiftRows(Double.self, x, shift, stream, out)
  }
}

/// The sign of number `index` of a fixed stream: a bit of a counter's hash (Steele, Lea & Flood 2014, SplitMix64), the same on every machine.
package func probeSign(_ index: Int, stream: Int) -> Double {
  var bits = (UInt64(truncatingIfNeeded: stream) << 32 | UInt64(truncatingIfNeeded: index)) &* 0x9E37_79B9_7F4A_7C15 &+ 0x9E37_79B9_7F4A_7C15
  bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
  bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
  return (bits ^ bits >> 31) & 1 == 0 ? 1 : -1
}

private func squaredChange<Scalar: BinaryFloatingPoint>(_: Scalar.Type, _ x: Block, _ y: Block, _ shift: Double, _ stream: Int, _ samples: Int) -> Double {
  var sum = 0.0
  for row in 0..<x.rows {
    let (a, b) = (x.base.assumingMemoryBound(to: Scalar.self) + row * x.stride, y.base.assumingMemoryBound(to: Scalar.self) + row * y.stride)
    let moved = shift == 0 ? 0 : shift * probeSign(row, stream: stream)
    for s in 0..<samples {
      let change = Double(a[s]) - Double(b[s]) - moved
      sum += change * change
    }
  }
  return sum
}

private func accumulateChange<Scalar: BinaryFloatingPoint>(
  _: Scalar.Type, _ factor: Double, _ x: Block, _ y: Block, _ shift: Double, _ stream: Int, _ samples: Int, _ out: Block
) {
  for row in 0..<x.rows {
    let (a, b) = (x.base.assumingMemoryBound(to: Scalar.self) + row * x.stride, y.base.assumingMemoryBound(to: Scalar.self) + row * y.stride)
    let target = out.base.assumingMemoryBound(to: Scalar.self) + row * out.stride
    let moved = shift == 0 ? 0 : shift * probeSign(row, stream: stream)
    for s in 0..<samples { target[s] += Scalar(factor * (Double(a[s]) - Double(b[s]) - moved)) }
  }
}

private func shiftRows<Scalar: BinaryFloatingPoint>(_: Scalar.Type, _ x: Block, _ shift: Double, _ stream: Int, _ out: Block) {
  for row in 0..<x.rows {
    let source = x.base.assumingMemoryBound(to: Scalar.self) + row * x.stride
    let target = out.base.assumingMemoryBound(to: Scalar.self) + row * out.stride
    let moved = Scalar(shift * probeSign(row, stream: stream))
    for s in 0..<x.columns { target[s] = source[s] + moved }
  }
}
