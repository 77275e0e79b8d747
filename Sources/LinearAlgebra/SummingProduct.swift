import CKernels

/// out = scale·a⊙b and sums[i·stride] += Σ_s out[i,s], in one pass; `out` may be `a` or `b`. With stride 0 all rows sum into one number.
package func multiply(_ scale: Double, _ a: Block, _ b: Block, into out: Block, addingRowSumsTo sums: Bias) {
  var call = SummingProductCall(
    a: scale, x: a.base, xStride: a.stride, y: b.base, yStride: b.stride, out: out.base, outStride: out.stride, sums: sums.base, sumStride: sums.stride, rows: out.rows,
    columns: out.columns)
  Kernels.table(out.precision).pointee.multiplySumming(&call)
}
