import LinearAlgebra

/// x ↦ t⊙x, with one factor for each feature, or for the pixels of a channel. The factors are prepared numbers.
///
/// The gradient of t accumulates in the place of a tensor with as many numbers. The field turns it into the gradients of the tensors that t was made from (`VectorField.finishGradient`).
package struct RowFactorMap: LayerMap {
  package let outputs: Int
  /// Bytes from the prepared memory to t.
  private let offset: Int
  private let gradientPlace: BiasPlace

  /// - Parameter gradientPlace: where the gradient accumulates; it also says how many rows share a factor.
  package init(preparedAt offset: Int, gradientIn gradientPlace: BiasPlace, rows: Int) {
    self.offset = offset
    self.gradientPlace = gradientPlace
    outputs = rows
  }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }

  private func factors(_ layer: Layer) -> Bias {
    guard let prepared = layer.prepared else { preconditionFailure("layer not prepared") }
    return Bias(prepared + offset, stride: 1, rows: gradientPlace.rows)
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    scaleRows(factors(layer), x, scale: scale, addingTo: base, into: out)
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else {
      guard let direction else { return settle(base, into: out) }
      return scaleRows(factors(direction), x, scale: scale, addingTo: base, into: out)
    }
    scaleRows(factors(layer), v, scale: scale, addingTo: base, into: out)
    if let direction { scaleRows(factors(direction), x, scale: scale, addingTo: out, into: out) }
  }

  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    if let gradient, let place = gradientPlace(gradient) { accumulateRowDots(x, p, scale: scale, addingTo: place) }
    scaleRows(factors(layer), p, scale: scale, addingTo: base, into: q)
  }
}
