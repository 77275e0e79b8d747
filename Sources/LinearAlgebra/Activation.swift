import Settings

/// The function σ applied to each output of an affine map.
package enum Activation: Int32, CaseIterable, Sendable {
  case identity = 0
  case tanh = 1
  case relu = 2
  case sigmoid = 3
  case softplus = 4
  case sin = 5
  case smoothRelu = 6
  case leakyRelu = 7
  case elu = 8
  case gelu = 9
  case silu = 10

  package var name: String {
    switch self {
    case .identity: "identity"
    case .tanh: "tanh"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .softplus: "softplus"
    case .sin: "sin"
    case .smoothRelu: "smooth_relu"
    case .leakyRelu: "leaky_relu"
    case .elu: "elu"
    case .gelu: "gelu"
    case .silu: "silu"
    }
  }

  /// The range of σ', which bounds the eigenvalues of a field's Jacobian; where its ends are no numbers of float64, the next ones outside.
  ///
  /// GELU's ends are at ±√2, Φ(√2) + √2 φ(√2) and 1 less that; SiLU's at ±2.39935728…, where x tanh(x/2) = 2. A slope below 0 means that σ is not monotone.
  package var slopeRange: ClosedRange<Double> {
    switch self {
    case .identity: 1...1
    case .tanh, .relu, .softplus, .smoothRelu, .elu: 0...1
    case .sigmoid: 0...0.25
    case .sin: -1...1
    // The leak as float32 has it, which is a little less than 1/100.
    case .leakyRelu: Double(0.01 as Float)...1
    case .gelu: -0.1289041451851548...1.128904145185155
    case .silu: -0.09983932012886693...1.099839320128867
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
    ("smooth_relu", "σ(x) = (x + η)²/(4η) for |x| < η = 0.1, else max(x, 0)", .smoothRelu),
    ("leaky_relu", "σ(x) = x for x > 0, x/100 below; its slope at 0 is 1/100", .leakyRelu),
    ("elu", "σ(x) = x for x > 0, exp(x) − 1 below", .elu),
    ("gelu", "σ(x) = x·Φ(x), Φ the normal distribution function, not its tanh approximation", .gelu),
    ("silu", "σ(x) = x / (1 + exp(−x))", .silu),
  ])
