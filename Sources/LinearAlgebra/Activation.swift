import Settings

/// The function σ applied to each output of an affine map.
package enum Activation: Int32, CaseIterable, Sendable {
  case identity = 0
  case tanh = 1
  case relu = 2
  case sigmoid = 3
  case softplus = 4
  case sin = 5

  package var name: String {
    switch self {
    case .identity: "identity"
    case .tanh: "tanh"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .softplus: "softplus"
    case .sin: "sin"
    }
  }

  /// The range of σ', which bounds the eigenvalues of a field's Jacobian.
  package var slopeRange: ClosedRange<Double> {
    switch self {
    case .identity: 1...1
    case .tanh, .relu, .softplus: 0...1
    case .sigmoid: 0...0.25
    case .sin: -1...1
    }
  }
}

/// The activations by name.
package let activations = Registry<Activation>(
  "activation",
  [
    ("identity", "σ(x) = x", .identity),
    ("tanh", "σ(x) = tanh x", .tanh),
    ("relu", "σ(x) = max(x, 0); its slope at 0 is 0", .relu),
    ("sigmoid", "σ(x) = 1 / (1 + exp(−x))", .sigmoid),
    ("softplus", "σ(x) = log(1 + exp x)", .softplus),
    ("sin", "σ(x) = sin x", .sin),
  ])
