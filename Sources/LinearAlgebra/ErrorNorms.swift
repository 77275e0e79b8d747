import CKernels

/// out[s] = √(1/n Σ_i (e[i,s] / (absolute + relative·max(|from[i,s]|, |to[i,s]|)))²), i ascending. The step of sample s is accurate enough if this is at most 1.
///
/// Source: Hairer, Nørsett & Wanner (1993), "Solving ordinary differential equations I", II.4, equations (4.10) and (4.11).
/// - Parameters:
///   - error: the estimated error of the step from `from` to `to`; n × samples like these, n > 0.
///   - relative: at least 0.
///   - absolute: above 0 in the blocks' precision.
///   - out: one row; not the memory of the others.
/// - Accuracy: a number that is not finite makes the norm of its own sample infinite or NaN, and no other. A norm whose square overflows is infinite.
package func errorNorms(_ error: Block, _ from: Block, _ to: Block, relative: Double, absolute: Double, into out: Block) {
  assert(out.rows == 1 && error.rows == from.rows && error.rows == to.rows && error.columns == out.columns, "errorNorms: shapes")
  var call = ElementwiseCall(
    a: relative, b: absolute, x: error.base, xStride: error.stride, y: UnsafeRawPointer(from.base), yStride: from.stride, base: UnsafeRawPointer(to.base), baseStride: to.stride,
    out: out.base, outStride: out.stride, rows: error.rows, columns: error.columns)
  Kernels.table(out.precision).pointee.errorNorms(&call)
}
