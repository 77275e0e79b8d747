import LinearAlgebra

/// Where the numbers of one layer lie: its parameter tensors, in the order in which the field declares them, and the prepared form of its operators.
///
/// The same type serves parameters, gradients (which are accumulated into) and directions. It owns nothing.
package struct Layer: @unchecked Sendable {
  /// The most tensors a field may have.
  package static let maximumTensors = 4

  package var tensors: InlineArray<4, UnsafeMutableRawPointer?>
  /// Operators made from the tensors once per batch (`VectorField.prepare`); nil where the field works on its tensors directly.
  package var prepared: UnsafeMutableRawPointer?

  @inlinable package init() {
    tensors = InlineArray(repeating: nil)
    prepared = nil
  }
}

/// What operators are prepared for: tiles of many samples, or for single samples as well, which want the outputs of a matrix contiguous.
package enum Purpose: Sendable {
  case training
  case inference
}
