import LinearAlgebra
import Settings

/// Everything that a field is made from: the settings of all fields, and the options that only some fields take, such as `gamma`.
package struct FieldConfiguration: Sendable {
  /// The features of the state, or the channels of an image.
  package var width: Int
  package var activation: Activation
  package var bias: BiasKind
  package var precision: Precision
  /// The options of single fields; those that are not set have their defaults.
  package var options: OptionValues
  /// The sequences that drive the field, if it is a driven field.
  package var drive = DriveConfiguration()
  /// What the field multiplies by.
  package var operators = OperatorKind.dense
  /// The standard deviation of the initial biases.
  package var initialBias = 0.0

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

  /// The pixels of a channel; 1 for features.
  package var pixels: Int { operators.pixels }
  /// The rows of the state.
  package var rows: Int { width * pixels }

  /// The shape of a state of as many features or channels.
  func shape(of channels: Int) -> Shape { operators.shape(of: channels) }

  /// The operator that fields of this configuration multiply by, made for the numbers of features or channels that a field asks for.
  /// - Throws: what prevents such an operator.
  /// - Parameter kind: another kind than the configuration's.
  package func linearOperator(inputs: Int, outputs: Int, by kind: OperatorKind? = nil) throws(Failure) -> any LinearOperator {
    try (kind ?? operators).make(inputs: inputs, outputs: outputs, precision: precision)
  }

  /// - Throws: `.incompatible` if the field multiplies by something else than matrices.
  func requireMatrices(for field: String) throws(Failure) {
    guard case .dense = operators else { throw Failure(.incompatible, "field \(field) multiplies by matrices only; operator must be dense") }
  }

  /// The option `hidden_width`, where 0 stands for `width` (that of the state, or of a part of it).
  func hiddenWidth(of width: Int? = nil) throws(Failure) -> Int {
    let hidden = try options.integer("hidden_width")
    return hidden == 0 ? width ?? self.width : hidden
  }

  /// Half the width, for a state of positions and momenta.
  /// - Throws: `.incompatible` for an odd width.
  func halfWidth(for field: String) throws(Failure) -> Int {
    guard width.isMultiple(of: 2) else {
      throw Failure(.incompatible, "width is \(width); field \(field) needs an even width: half positions, half momenta")
    }
    return width / 2
  }
}
