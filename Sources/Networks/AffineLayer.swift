import LinearAlgebra
import VectorFields

/// The places of a dense connector's matrix and bias, for work that needs them by themselves: that on the readout's convex problem.
package struct AffineLayer: Sendable {
  package let outputs: Int
  package let inputs: Int
  let weightOffset: Int
  let biasOffset: Int

  /// The range of both among the network's parameters; they lie side by side.
  package var range: Range<Int> { min(weightOffset, biasOffset)..<max(weightOffset + outputs * inputs, biasOffset + outputs) }

  /// W within a parameter vector.
  /// - Parameter origin: the index of the vector's first number among the network's parameters.
  package func matrix(_ vector: Vector, origin: Int = 0) -> Matrix {
    Matrix(vector.base + (weightOffset - origin) * vector.precision.byteCount, rows: outputs, columns: inputs, precision: vector.precision)
  }
  /// b within a parameter vector.
  package func bias(_ vector: Vector, origin: Int = 0) -> Bias { Bias(vector.base + (biasOffset - origin) * vector.precision.byteCount, stride: 1) }
}
