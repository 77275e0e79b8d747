import Settings
import VectorFields

/// What an architecture is made from: the options that it takes, and the sizes of the network.
package struct ArchitectureConfiguration: Sendable {
  package let options: OptionValues
  package let input: Shape
  package let outputs: Int
}

/// A network of the literature, written out: the members "blocks" and options of a specification.
package struct ArchitectureParts: Sendable {
  /// Options of the network that belong to the architecture, such as its readout.
  package var network: [(key: String, value: OptionValue)] = []
  /// Whether other numbers of layers keep the horizon, as where layers are steps of one equation. Otherwise they keep the step size: each layer is a block of the paper's.
  package var keepsHorizon = false
  /// Whether more layers begin with smaller weights, those of a field KᵀσK by the root of the ratio, so that states grow no more on their way through a block and can be recovered from its last one.
  package var keepsGrowth = false
  /// The connectors and blocks in order.
  package var elements: [ArchitectureElement] = []

  package init(network: [(key: String, value: OptionValue)] = [], keepsHorizon: Bool = false, keepsGrowth: Bool = false, _ elements: [ArchitectureElement]) {
    (self.network, self.keepsHorizon, self.keepsGrowth, self.elements) = (network, keepsHorizon, keepsGrowth, elements)
  }
}

/// One object of the list "blocks".
package enum ArchitectureElement: Sendable {
  case connector([(key: String, value: OptionValue)])
  case block([(key: String, value: OptionValue)])

  static func connector(_ name: String, _ options: [(key: String, value: OptionValue)] = []) -> ArchitectureElement { .connector([("connector", .text(name))] + options) }

  /// A block of `layers` steps of size `stepSize`.
  static func block(layers: Int, stepSize: Double = 1, _ options: [(key: String, value: OptionValue)]) -> ArchitectureElement {
    .block(options + [("layers", .integer(layers)), ("horizon", .real(Double(layers) * stepSize))])
  }
}

/// How a registered architecture is written out. It throws the reason for sizes that it cannot have.
package typealias ArchitectureEntry = Factory<ArchitectureConfiguration, ArchitectureParts>

extension OptionValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  static func integer(_ value: Int) -> OptionValue { .integer(Int64(value)) }
}
