import LinearAlgebra

/// What a field's evaluation works with besides the state: the parameter tensors of a layer, in the order in which the field declares them, the prepared form of its
/// operators, and for a driven field the outside input at the time of the evaluation.
///
/// The same type serves parameters, gradients (which are accumulated into) and directions. It owns nothing.
package struct Layer: @unchecked Sendable {
  /// The most tensors a field may have.
  package static let maximumTensors = 6

  package var tensors: InlineArray<6, UnsafeMutableRawPointer?>
  /// Operators made from the tensors once per batch (`VectorField.prepare`); nil where the field works on its tensors directly.
  package var prepared: UnsafeMutableRawPointer?
  /// The outside input u, `driveWidth` × samples. In a direction its tangent, nil for zero; in a gradient where its cotangent accumulates, nil when not wanted.
  package var drive: Block?

  @inlinable package init() {
    tensors = InlineArray(repeating: nil)
    prepared = nil
    drive = nil
  }
}

/// What operators are prepared for: tiles of many samples, or for single samples as well, which want the outputs of a matrix contiguous.
package enum Purpose: Sendable {
  case training
  case inference
}
