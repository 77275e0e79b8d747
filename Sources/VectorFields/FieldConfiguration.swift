import LinearAlgebra
import Settings

/// Everything that a field is made from: the settings of all fields, and the options that only some fields take, such as `gamma`.
package struct FieldConfiguration: Sendable {
  package var width: Int
  package var activation: Activation
  package var bias: BiasKind
  package var precision: Precision
  /// The options of single fields; those that are not set have their defaults.
  package var options: OptionValues
  /// The sequences that drive the field, if it is a driven field.
  package var drive = DriveConfiguration()

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

  /// The operator that fields of this configuration multiply by, made for the sizes that a field asks for.
  package func linearOperator(inputs: Int, outputs: Int) -> any LinearOperator {
    DenseOperator(inputs: inputs, outputs: outputs, precision: precision)
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
