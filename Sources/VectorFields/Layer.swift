import LinearAlgebra

/// Everything that a field reads besides the state: the parameter tensors of a layer, in the order in which the field declares them, the operators prepared from them, and for a driven field the outside input at
/// the time of the evaluation.
///
/// The same type describes parameters, directions and gradients; gradients are accumulated in place. It owns no memory and is small, because one is made for every step.
package struct Layer: @unchecked Sendable {
  /// The largest number of tensors of a connector, and of a field.
  package static let maximumTensors = 8
  package static let maximumFieldTensors = 6

  package var tensors: InlineArray<8, UnsafeMutableRawPointer?>
  /// The operators that were made from the tensors once per batch (`VectorField.prepare`); nil if the field uses its tensors directly.
  package var prepared: UnsafeMutableRawPointer?
  /// The place of the outside input u, `driveWidth` × samples without gaps between the rows. In a direction it is the tangent of u, nil for zero. In a gradient it is where the cotangent of u accumulates, nil if
  /// it is not wanted.
  package var driveBase: UnsafeMutableRawPointer?
  /// The layer's number and, during training, its random numbers. Not used in directions and gradients.
  package var draws = LayerDraws()

  @inlinable package init() {
    tensors = [nil, nil, nil, nil, nil, nil, nil, nil]
    prepared = nil
    driveBase = nil
  }

  /// The outside input as a block of `rows` rows, with the samples of the state `x`.
  @inlinable package func drive(_ rows: Int, like x: Block) -> Block? {
    driveBase.map { Block($0, rows: rows, columns: x.columns, precision: x.precision) }
  }
}

/// What operators are prepared for. For training, they multiply tiles of many samples. For inference they also multiply single samples, whose kernel needs a matrix with contiguous outputs.
package enum Purpose: Sendable {
  case training
  case inference
}
