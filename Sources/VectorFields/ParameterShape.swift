/// One parameter tensor of a layer, as a field declares it.
package struct ParameterShape: Equatable, Sendable {
  /// Weights multiply the state; biases are added to it. Weight decay acts on weights alone.
  package enum Role: Sendable { case weight, bias }

  /// The paper's letter: "K", "b".
  package let name: String
  /// Per layer: [outputs, inputs], or [outputs].
  package let shape: [Int]
  package let role: Role
  /// Standard deviation of the initial values, before the option `initial_scale`.
  package let deviation: Double

  package init(_ name: String, _ shape: [Int], _ role: Role, deviation: Double) {
    self.name = name
    self.shape = shape
    self.role = role
    self.deviation = deviation
  }

  package var count: Int { shape.reduce(1, *) }
}

/// The bias of a layer: none, one number for all features ([HR] eq. 2.1 uses this one), or one a feature.
package enum BiasKind: String, CaseIterable, Sendable {
  case none
  case scalar
  case vector

  package func count(_ features: Int) -> Int {
    switch self {
    case .none: 0
    case .scalar: 1
    case .vector: features
    }
  }
}
