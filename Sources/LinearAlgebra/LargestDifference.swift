import CKernels

/// Largest |x − y| over two blocks of one shape, in Double; NaN when a difference is not finite.
package func largestDifference(_ x: Block, _ y: Block) -> Double {
  assert(x.rows == y.rows && x.columns == y.columns && x.precision == y.precision, "largestDifference: shapes")
  return largest(x, y)
}

/// Largest |x|; NaN when a number is not finite.
package func largestMagnitude(_ x: Block) -> Double { largest(x, nil) }

/// Largest |xᵢ|, 0 for no numbers; NaN when a number is not finite.
package func largestMagnitude(_ x: Vector) -> Double { largestMagnitude(x.row) }

private func largest(_ x: Block, _ y: Block?) -> Double {
  let kernel = Kernels.table(x.precision).pointee.largestDifference
  if x.isContiguous && y?.isContiguous != false { return kernel(x.base, y.map { UnsafeRawPointer($0.base) }, x.rows * x.columns) }
  let bytes = x.precision.byteCount
  var result = 0.0
  for row in 0..<x.rows {
    let here = kernel(x.base + row * x.stride * bytes, y.map { UnsafeRawPointer($0.base + row * $0.stride * bytes) }, x.columns)
    // NaN is kept, because no comparison with it holds.
    if !(here <= result) { result = here }
    if result.isNaN { return result }
  }
  return result
}
