import LinearAlgebra

/// What every field is made from. Options that a field has beyond these (`gamma`) come with its registry entry.
package struct FieldConfiguration: Sendable {
  package var width: Int
  package var activation: Activation
  package var bias: BiasKind
  /// γ ≥ 0, the damping of `antisymmetric`.
  package var gamma: Double
  package var precision: Precision

  package init(width: Int, activation: Activation = .tanh, bias: BiasKind = .vector, gamma: Double = 0, precision: Precision = .float32) {
    self.width = width
    self.activation = activation
    self.bias = bias
    self.gamma = gamma
    self.precision = precision
  }

  /// The square weight matrix "K", initially normal with variance 1/width, so that ‖K‖ does not depend on the width.
  var squareWeight: ParameterShape { ParameterShape("K", [width, width], .weight, deviation: 1 / Double(width).squareRoot()) }

  /// The tensors K and, unless `bias` is none, b.
  var weightAndBias: [ParameterShape] {
    bias == .none ? [squareWeight] : [squareWeight, ParameterShape("b", [bias.count(width)], .bias, deviation: 0)]
  }

  /// Tensor 0 as the matrix K.
  func matrix(_ layer: Layer) -> Matrix {
    guard let base = layer.tensors[0] else { preconditionFailure("layer without K") }
    return Matrix(base, rows: width, columns: width, precision: precision)
  }

  /// Tensor 1 as the bias b.
  func bias(_ layer: Layer) -> Bias? {
    layer.tensors[1].map { Bias($0, stride: bias == .vector ? 1 : 0) }
  }
}
