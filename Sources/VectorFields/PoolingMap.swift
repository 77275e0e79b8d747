import LinearAlgebra

/// The mean of each window of pixels, channel by channel (`averagePool`). Linear, without weights and record.
package struct AveragePoolingMap: LayerMap {
  package let geometry: PoolingGeometry

  package init(_ geometry: PoolingGeometry) { self.geometry = geometry }

  package var outputs: Int { geometry.outputRows }
  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    averagePool(geometry, of: x, scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    averagePool(geometry, of: v, scale: scale, addingTo: base, into: out)
  }

  /// `q` is other memory than `p`.
  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    averagePoolTransposed(geometry, of: p, scale: scale, addingTo: base, into: q)
  }
}

/// The largest pixel of each window, channel by channel (`maxPool`). The record holds the places of the maxima.
package struct MaxPoolingMap: LayerMap {
  package let geometry: PoolingGeometry

  package init(_ geometry: PoolingGeometry) { self.geometry = geometry }

  package var outputs: Int { geometry.outputRows }
  package var recordWidth: Int { geometry.outputRows }
  package var scratchWidth: Int { geometry.outputRows }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    maxPool(geometry, of: x, scale: scale, addingTo: base, into: out, record: (record ?? scratch).rows(0..<outputs))
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    maxPoolTangent(geometry, of: v, record: record.rows(0..<outputs), scale: scale, addingTo: base, into: out)
  }

  /// `q` is other memory than `p`.
  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    maxPoolTransposed(geometry, of: p, record: record.rows(0..<outputs), scale: scale, addingTo: base, into: q)
  }
}

/// The mean of all pixels of each channel (`globalAverage`). Linear, without weights and record.
package struct GlobalAverageMap: LayerMap {
  package let outputs: Int

  /// - Parameter outputs: the channels.
  package init(channels outputs: Int) { self.outputs = outputs }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    globalAverage(of: x, scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    globalAverage(of: v, scale: scale, addingTo: base, into: out)
  }

  /// `q` is other memory than `p`.
  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    globalAverageTransposed(of: p, scale: scale, addingTo: base, into: q)
  }
}

/// Every k-th pixel, with channels of zeros behind those of the image (`ChannelPadding`). Linear, without weights and record.
package struct ChannelPaddingMap: LayerMap {
  private let padding: ChannelPadding

  package init(_ padding: ChannelPadding) { self.padding = padding }

  package var outputs: Int { padding.outputRows }
  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    padding.apply(to: x, scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    padding.apply(to: v, scale: scale, addingTo: base, into: out)
  }

  /// `q` is other memory than `p`.
  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    padding.applyTransposed(to: p, scale: scale, addingTo: base, into: q)
  }
}
