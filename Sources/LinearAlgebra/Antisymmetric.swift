import CKernels

/// m = ½(k − kᵀ − γI), whose symmetric part is −½γI: the eigenvalues of the layer have real part −γ/2.
///
/// Source: Haber & Ruthotto (2017), "Stable architectures for deep neural networks", eq. (16); here the factor ½ applies to the damping as well.
/// - Parameters: k, m: square, any strides; m may be k when their strides are the same.
package func antisymmetrize(_ k: Matrix, damping gamma: Double, into m: Matrix) {
  var call = SquareCall(
    size: k.rows, diagonal: gamma, x: k.base, xRowStride: k.rowStride, xColumnStride: k.columnStride, out: m.base, outRowStride: m.rowStride, outColumnStride: m.columnStride)
  Kernels.table(m.precision).pointee.antisymmetrize(&call)
}
