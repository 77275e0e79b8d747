import CKernels

/// out = base + scale·σ(W x + bias) and slope = σ'(W x + bias), in one pass.
///
/// Each output is summed beginning with its bias, then w[i,k]·x[k] with k ascending. A sample's bits therefore do not depend on the block that it is in.
///
/// - Parameters:
///   - weights: outputs × inputs with any strides; for one sample the fast path needs `rowStride` 1.
///   - bias: one number for each output, one for all, or none.
///   - x: inputs × samples: one column, or a multiple of 16.
///   - base: nil stands for zeros; it may be the memory of `out`, which may not be that of `x`.
///   - slope: receives σ'; nil if it is not needed.
/// - Accuracy: σ as documented at `apply`. Where slopes approach zero (tanh, sigmoid, ELU, GELU, SiLU), their absolute error is small, but not their relative error.
/// - Cost: 2·outputs·inputs·samples operations and one activation for each output; no allocation.
///
/// A large product is computed in pieces of rows (`ProductPieces`), which changes no bit. Between them this thread's watch is asked; if the work must end, the remaining rows are left out.
package func affine(_ weights: Matrix, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?) {
  assert(x.rows == weights.columns && out.rows == weights.rows && x.columns == out.columns, "affine: shapes")
  if ProductPieces.isOne(outputs: weights.rows, inputs: weights.columns, columns: out.columns) {
    return run(affineCall(weights, bias, activation, x, scale, base, out, slope), out.precision)
  }
  forEachPiece(of: out.rows, ProductPieces.rows(inputs: weights.columns, columns: out.columns)) { rows in
    let part = weights.part(rows.lowerBound, 0, rows.count, weights.columns)
    run(affineCall(part, bias?.from(rows.lowerBound, out.precision), activation, x, scale, base?.rows(rows), out.rows(rows), slope?.rows(rows)), out.precision)
  }
}

@inline(__always) private func run(_ call: AffineCall, _ precision: Precision) {
  var call = call
  let table = Kernels.table(precision)
  if call.columns == 1 {
    table.pointee.affineOne(&call)
  } else {
    table.pointee.affineTile(&call)
  }
}

private func affineCall(
  _ weights: Matrix, _ bias: Bias?, _ activation: Activation, _ x: Block, _ scale: Double, _ base: Block?, _ out: Block, _ slope: Block?
) -> AffineCall {
  AffineCall(
    weights: weights.base, rowStride: weights.rowStride, columnStride: weights.columnStride, outputs: weights.rows, inputs: weights.columns,
    bias: bias.map { UnsafeRawPointer($0.base) }, biasStride: bias?.stride ?? 0, activation: activation.rawValue, scale: scale, x: x.base, xStride: x.stride,
    base: base.map { UnsafeRawPointer($0.base) }, baseStride: base?.stride ?? 0, out: out.base, outStride: out.stride, slope: slope?.base, slopeStride: slope?.stride ?? 0,
    columns: out.columns)
}

/// One of the maps that each layer of `affineChain` applies, with the weights of the first layer: out = base + scale·σ(W x + bias) for one column.
package struct AffineStage {
  let call: AffineCall
  let weightAdvance: Int
  let biasAdvance: Int

  /// - Parameter next: the weights and bias of the second layer; those of later layers follow at the same distances.
  package init(
    _ weights: Matrix, bias: Bias?, next: (weights: Matrix, bias: Bias?), activation: Activation, of x: Block, scale: Double, addingTo base: Block, into out: Block
  ) {
    call = affineCall(weights, bias, activation, x, scale, base, out, nil)
    weightAdvance = next.weights.base - weights.base
    biasAdvance = bias.flatMap { here in next.bias.map { $0.base - here.base } } ?? 0
  }
}

/// Runs all layers of one sample in one kernel call. The bits are those of single calls of `affine`.
///
/// With `second`, both maps run in each layer, one after the other, in place. Without it, the blocks `x` (= `base`) and `out` of `first` swap from layer to layer: after an odd number of
/// layers the result lies in `out`, after an even one in `x`.
package func affineChain(_ first: AffineStage, _ second: AffineStage?, layers: Int, precision: Precision) {
  var call = AffineChainCall(
    first: first.call, firstWeightAdvance: first.weightAdvance, firstBiasAdvance: first.biasAdvance, second: (second ?? first).call,
    secondWeightAdvance: second?.weightAdvance ?? 0, secondBiasAdvance: second?.biasAdvance ?? 0, two: second != nil, layers: layers, exchanges: second == nil)
  Kernels.table(precision).pointee.affineChain(&call)
}
