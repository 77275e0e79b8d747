import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// One point of the product of the registries: what the sweeps run over, so that nothing registered goes untested.
package struct Combination: Sendable, CustomStringConvertible {
  package let field: String
  package let integrator: String
  package let activation: String
  package let bias: String
  package let precision: Precision

  package var description: String { "\(field) × \(integrator) × \(activation) × bias \(bias) × \(precision.name)" }

  /// Every pair of field and integrator that the integrator accepts, with every activation, bias and precision.
  package static let all: [Combination] = {
    var all: [Combination] = []
    for field in fields.entries {
      for integrator in integrators.entries {
        let sample = field.entry.make(FieldConfiguration(width: 2))
        guard (try? integrator.entry.check(sample)) != nil else { continue }
        for activation in activations.names {
          for bias in biases.names {
            for precision in Precision.allCases {
              all.append(Combination(field: field.name, integrator: integrator.name, activation: activation, bias: bias, precision: precision))
            }
          }
        }
      }
    }
    return all
  }()

  /// A small specification of this kind: odd sizes, so that no remainder loop goes unused.
  package func specification(
    inputs: Int = 3, width: Int = 5, outputs: Int = 4, layers: Int = 6, horizon: Double = 1.5, opening: String = "dense", memory: String = "store_all",
    seed: Int = 11
  ) throws -> NetworkSpecification {
    var specification = NetworkSpecification()
    for (key, value) in [("inputs", inputs), ("outputs", outputs), ("width", width), ("layers", layers), ("seed", seed)] {
      try specification.set(key, .integer(Int64(value)))
    }
    for (key, value) in [
      ("opening", opening), ("precision", precision.name), ("field", field), ("integrator", integrator), ("activation", activation), ("bias", bias),
      ("memory", memory),
    ] { try specification.set(key, .text(value)) }
    try specification.set("horizon", .real(horizon))
    if try fields(field).options.contains(where: { $0.key == "gamma" }) { try specification.set("gamma", .real(0.3)) }
    return specification
  }
}
