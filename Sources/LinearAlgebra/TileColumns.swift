/// The number of samples in a tile for states of `width` features, a multiple of 16. Sweeps use no larger tiles.
///
/// In small tiles the state, the slopes and the weights of one layer stay in the first-level cache. Large tiles spread the fixed cost of a call and of a layer's weight gradient over more samples. Measurements gave
/// 16 KB of state, but at least 64 and at most 384 samples, as the best size.
package func tileColumns(width: Int, precision: Precision) -> Int {
  let bytes = precision.byteCount * max(width, 1)
  return max(64, min(384, 16384 / bytes / 16 * 16))
}
