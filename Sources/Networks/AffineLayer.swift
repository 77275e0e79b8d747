import LinearAlgebra
import VectorFields

/// A trained map Wx + b outside the blocks: the opening or the readout.
package struct AffineLayer: Sendable {
  package let outputs: Int
  package let inputs: Int
  let weightOffset: Int
  let biasOffset: Int
  /// The place in the prepared vector of the transposed copy for single samples.
  var preparedOffset = 0

  /// W within a parameter vector.
  /// - Parameter origin: the index of the vector's first number among the network's parameters.
  package func matrix(_ vector: Vector, origin: Int = 0) -> Matrix {
    Matrix(vector.base + (weightOffset - origin) * vector.precision.byteCount, rows: outputs, columns: inputs, precision: vector.precision)
  }
  /// b within a parameter vector.
  package func bias(_ vector: Vector, origin: Int = 0) -> Bias { Bias(vector.base + (biasOffset - origin) * vector.precision.byteCount, stride: 1) }
  /// W as a view of its transposed copy, whose outputs are contiguous.
  package func preparedMatrix(_ prepared: Vector) -> Matrix {
    Matrix(prepared.base + preparedOffset * prepared.precision.byteCount, rows: inputs, columns: outputs, precision: prepared.precision).transposed
  }
}
