import CKernels

/// out[i,s] uniform in [low, high), from 24 random bits; rounding may reach `high`.
///
/// - Parameter out: one column, or a multiple of 16; its column s is sample `draws.sample` + s. Padding columns receive finite numbers, too.
/// - Cost: Philox4x32-10 for four rows at a time; about 1 ns a number.
package func drawUniform(_ draws: LayerDraws, low: Double, high: Double, into out: Block) { draw(0, draws, low, high - low, out) }

/// out[i,s] normal with mean 0 and this deviation (Box & Muller 1958), from two times 24 random bits: at most 5.77 deviations.
package func drawNormal(_ draws: LayerDraws, deviation: Double, into out: Block) { draw(1, draws, deviation, 0, out) }

/// out[i,s] = `value` with this probability, a multiple of 2⁻²⁴, else 0. The mask is the same in both precisions.
package func drawMask(_ draws: LayerDraws, probability: Double, value: Double, into out: Block) {
  draw(2, draws, value, (probability * 0x1p24).rounded(), out)
}

private func draw(_ kind: Int32, _ draws: LayerDraws, _ a: Double, _ b: Double, _ out: Block) {
  assert(out.columns == 1 || out.columns % Block.quantum == 0, "draw: columns")
  var call = DrawCall(
    kind: kind, layer: UInt32(truncatingIfNeeded: draws.layer), stream: UInt32(truncatingIfNeeded: draws.part) << 24, key: draws.key, sample: UInt32(truncatingIfNeeded: draws.sample), a: a, b: b, out: out.base, outStride: out.stride, rows: out.rows,
    columns: out.columns)
  Kernels.table(out.precision).pointee.draw(&call)
}
