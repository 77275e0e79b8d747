import LinearAlgebra

/// All that a field's evaluation reads besides the state: the parameter tensors of a layer, in the order in which the field declares them, the prepared form of its
/// operators, and for a driven field the outside input at the time of the evaluation.
///
/// The same type describes parameters, gradients (which are accumulated into) and directions. It owns nothing, and is small: one is made for every step.
package struct Layer: @unchecked Sendable {
  /// The most tensors a field may have.
  package static let maximumTensors = 6

  package var tensors: InlineArray<6, UnsafeMutableRawPointer?>
  /// Operators made from the tensors once per batch (`VectorField.prepare`); nil where the field works on its tensors directly.
  package var prepared: UnsafeMutableRawPointer?
  /// Where the outside input u lies, `driveWidth` × samples without gaps between the rows. In a direction its tangent, nil for zero; in a gradient where its cotangent
  /// accumulates, nil when not wanted.
  package var driveBase: UnsafeMutableRawPointer?
  /// The layer's number and, in training, its random numbers; unused in directions and gradients.
  package var draws = LayerDraws()

  @inlinable package init() {
    tensors = [nil, nil, nil, nil, nil, nil]
    prepared = nil
    driveBase = nil
  }

  /// The outside input as a block of `rows` rows, with the samples of the state `x`.
  @inlinable package func drive(_ rows: Int, like x: Block) -> Block? {
    driveBase.map { Block($0, rows: rows, columns: x.columns, precision: x.precision) }
  }
}

/// The purpose that operators are prepared for: tiles of many samples (training), or single samples as well (inference), whose kernels need the outputs of a matrix contiguous.
package enum Purpose: Sendable {
  case training
  case inference
}
