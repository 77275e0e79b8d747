/// The largest tile, in samples, that a sweep should move through the layers of a state of `width` features: a multiple of 16.
///
/// Small tiles keep state, slopes and one layer's weights in the first-level cache; large ones spread the fixed cost of a call and of a layer's weight gradient over more samples. By measurement: 16 KB of state, between 64 and 384 samples.
package func tileColumns(width: Int, precision: Precision) -> Int {
  let bytes = precision.byteCount * max(width, 1)
  return max(64, min(384, 16384 / bytes / 16 * 16))
}
