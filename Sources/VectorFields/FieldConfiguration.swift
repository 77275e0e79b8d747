import LinearAlgebra
import Settings

/// What a field is made from: what all fields share, and the values of the options that single fields take (`gamma` …).
package struct FieldConfiguration: Sendable {
  package var width: Int
  package var activation: Activation
  package var bias: BiasKind
  package var precision: Precision
  /// Values of the fields' own options; what is not set has its default.
  package var options: OptionValues

  package init(
    width: Int, activation: Activation = .tanh, bias: BiasKind = .vector, precision: Precision = .float32,
    options: OptionValues = OptionValues(scope: "block", fieldOptions)
  ) {
    self.width = width
    self.activation = activation
    self.bias = bias
    self.precision = precision
    self.options = options
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

  /// The layer's prepared matrix, nil without one: width × width, kept with contiguous outputs, which single samples want and tiles do not mind.
  func preparedMatrix(_ layer: Layer) -> Matrix? {
    layer.prepared.map { Matrix($0, rows: width, columns: width, precision: precision).transposed }
  }

  /// Numbers of a prepared copy of K, which only single samples are worth.
  func preparedCopyCount(for purpose: Purpose) -> Int { purpose == .inference ? width * width : 0 }

  /// Makes that copy.
  func prepareCopy(_ layer: Layer) {
    if let prepared = preparedMatrix(layer) { copy(matrix(layer), into: prepared) }
  }

  /// Tensor 1 as the bias b.
  func bias(_ layer: Layer) -> Bias? {
    layer.tensors[1].map { Bias($0, stride: bias == .vector ? 1 : 0) }
  }
}
