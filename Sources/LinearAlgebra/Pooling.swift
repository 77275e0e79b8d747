import CKernels

/// out = base + scale·P x, each number of P x the mean of a window's pixels. Padding does not count: a window at the edge is divided by the pixels of the image that it holds.
///
/// P is linear, so this is its tangent too. A window is summed row-major in Double and rounded once.
///
/// - Parameters:
///   - x: `inputRows` rows, one column or a multiple of 16; not the memory of `out`.
///   - base: nil stands for zeros; it may be the memory of `out`.
/// - Cost: memory-bound with windows that hardly overlap. One sample is computed number by number.
package func averagePool(_ geometry: PoolingGeometry, of x: Block, scale: Double = 1, addingTo base: Block? = nil, into out: Block) {
  let kernel = Kernels.table(out.precision).pointee.image.averagePool
  geometry.call(forward: x, nil, scale, base, out).forEachPiece(geometry, x, out) { kernel(&$0) }
}

/// q = base + scale·Pᵀ p: each pixel adds the numbers of the windows that hold it, divided by their pixels. The exact transpose of `averagePool`.
package func averagePoolTransposed(_ geometry: PoolingGeometry, of p: Block, scale: Double = 1, addingTo base: Block? = nil, into q: Block) {
  let kernel = Kernels.table(q.precision).pointee.image.averagePoolTransposed
  geometry.call(transposed: p, nil, scale, base, q).forEachPiece(geometry, p, q) { kernel(&$0) }
}

/// out = base + scale·(the largest pixel of each window). Of equal pixels the first in row-major order counts. A pixel that is not finite makes the result so.
///
/// - Parameters:
///   - x: `inputRows` rows, one column or a multiple of 16; not the memory of `out`.
///   - record: `outputRows` rows; receives the place of each maximum in its window, a whole number counted row-major from 0. The derivatives work from it alone.
package func maxPool(_ geometry: PoolingGeometry, of x: Block, scale: Double = 1, addingTo base: Block? = nil, into out: Block, record: Block) {
  let kernel = Kernels.table(out.precision).pointee.image.maxPool
  geometry.call(forward: x, record, scale, base, out).forEachPiece(geometry, x, out) { kernel(&$0) }
}

/// out = base + scale·(v at the maxima): the tangent of `maxPool`.
package func maxPoolTangent(_ geometry: PoolingGeometry, of v: Block, record: Block, scale: Double = 1, addingTo base: Block? = nil, into out: Block) {
  let kernel = Kernels.table(out.precision).pointee.image.maxPoolTangent
  geometry.call(forward: v, record, scale, base, out).forEachPiece(geometry, v, out) { kernel(&$0) }
}

/// q = base + scale·(each window's number at its maximum): the exact transpose of `maxPoolTangent`. Pixels add their windows row-major.
package func maxPoolTransposed(_ geometry: PoolingGeometry, of p: Block, record: Block, scale: Double = 1, addingTo base: Block? = nil, into q: Block) {
  let kernel = Kernels.table(q.precision).pointee.image.maxPoolTransposed
  geometry.call(transposed: p, record, scale, base, q).forEachPiece(geometry, p, q) { kernel(&$0) }
}

/// out[c] = base[c] + scale·(the mean of channel c's pixels), summed in Double in an order that does not depend on the block.
///
/// - Parameters:
///   - x: channels · pixels rows, one column or a multiple of 16.
///   - out: one row a channel.
package func globalAverage(of x: Block, scale: Double = 1, addingTo base: Block? = nil, into out: Block) {
  if BlockPieces.isOver(before: x) { return }
  assert(x.rows % out.rows == 0 && x.columns == out.columns, "globalAverage: shapes")
  let pixels = x.rows / out.rows
  var call = ChannelSumCall(
    channels: out.rows, pixels: pixels, columns: x.columns, scale: scale / Double(pixels), x: Operand(x), base: Operand(base), out: Operand(out))
  Kernels.table(out.precision).pointee.image.channelSums(&call)
}

/// q[c, i] = base[c, i] + scale·p[c]/pixels: the exact transpose of `globalAverage`.
package func globalAverageTransposed(of p: Block, scale: Double = 1, addingTo base: Block? = nil, into q: Block) {
  if BlockPieces.isOver(before: p) { return }
  assert(q.rows % p.rows == 0 && p.columns == q.columns, "globalAverageTransposed: shapes")
  let pixels = q.rows / p.rows
  var call = ChannelSumCall(
    channels: p.rows, pixels: pixels, columns: q.columns, scale: scale / Double(pixels), x: Operand(p), base: Operand(base), out: Operand(q))
  Kernels.table(q.precision).pointee.image.channelSumsTransposed(&call)
}

extension Operand {
  init(_ block: Block?) { self.init(base: block?.base, stride: block?.stride ?? 0) }

  /// The operand without its first rows; an operand that stands for nothing stays so.
  func skipping(rows: Int, _ precision: Precision) -> Operand { Operand(base: base.map { $0 + rows * stride * precision.byteCount }, stride: stride) }
}

extension PoolingGeometry {
  fileprivate func call(forward x: Block, _ record: Block?, _ scale: Double, _ base: Block?, _ out: Block) -> PoolingCall {
    assert(x.rows == inputRows && out.rows == outputRows && x.columns == out.columns && record.map { $0.rows == outputRows } ?? true, "pooling: shapes")
    return call(x, record, scale, base, out)
  }

  fileprivate func call(transposed p: Block, _ record: Block?, _ scale: Double, _ base: Block?, _ q: Block) -> PoolingCall {
    assert(p.rows == outputRows && q.rows == inputRows && p.columns == q.columns && record.map { $0.rows == outputRows } ?? true, "pooling: shapes")
    return call(p, record, scale, base, q)
  }

  private func call(_ x: Block, _ record: Block?, _ scale: Double, _ base: Block?, _ out: Block) -> PoolingCall {
    PoolingCall(
      channels: channels, vertical: vertical.axis, horizontal: horizontal.axis, columns: out.columns, scale: scale, x: Operand(x), record: Operand(record),
      base: Operand(base), out: Operand(out))
  }
}

extension PoolingCall {
  /// Calls `body` with pieces of the channels.
  fileprivate func forEachPiece(_ geometry: PoolingGeometry, _ from: Block, _ out: Block, _ body: (inout PoolingCall) -> Void) {
    BlockPieces.forEach(of: channels, from.rows > out.rows ? from : out) { range in
      var piece = self
      piece.channels = range.count
      let (first, precision) = (range.lowerBound, out.precision)
      piece.x = x.skipping(rows: first * from.rows / channels, precision)
      piece.record = record.skipping(rows: first * geometry.outputRows / channels, precision)
      piece.base = base.skipping(rows: first * out.rows / channels, precision)
      piece.out = self.out.skipping(rows: first * out.rows / channels, precision)
      body(&piece)
    }
  }
}
