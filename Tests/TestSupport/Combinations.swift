import Glibc
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// Options of integrators for sweeps. Adaptive methods make one step per layer, whose size does not depend on the parameters. If step sizes depended on the parameters, the gradient
/// of the accepted steps would differ from the slope of the map by the order of the tolerance, and difference quotients would show this. AdaptiveReplayTests measures it.
package let sweepOptions: [String: [String: OptionValue]] = {
  let fixed: [String: OptionValue] = ["first_step": .real(10), "relative_tolerance": .real(1), "absolute_tolerance": .real(1e6)]
  return Dictionary(uniqueKeysWithValues: integrators.entries.filter { $0.entry.options.contains { $0.key == "first_step" } }.map { ($0.name, fixed) })
}()

/// An integrator with its options for sweeps.
package func sweepIntegrator(_ name: String) throws -> any Integrator {
  var options = OptionValues(scope: "block", integrators.options)
  for (key, value) in sweepOptions[name] ?? [:] { try options.set(key, value) }
  return try integrators(name).make(options)
}

/// One element of the product of the registries. The sweeps run over this product, so that everything registered is tested.
package struct Combination: Sendable, CustomStringConvertible {
  package let field: String
  package let integrator: String
  package let activation: String
  package let bias: String
  package let precision: Precision
  package var linearOperator = "dense"
  /// Further options, as "key=value".
  package var options: [String] = []

  package var description: String { "\(field) × \(integrator) × \(activation) × bias \(bias) × \(precision.name) × \(([linearOperator] + options).joined(separator: " "))" }

  /// Whether steps solve an equation up to `solver_tolerance`.
  private static func isImplicit(_ integrator: String) -> Bool {
    isCertain { try integrators(integrator).options.contains { $0.key == "solver_tolerance" } }
  }

  /// Every pair of a field and an integrator that accepts it, as "field integrator". Events need a scheme that applies each update at once.
  package static let pairs = BlockCase.pairs.filter { pair in
    let combination = Combination(field: pair.field, integrator: pair.integrator, activation: "tanh", bias: "vector", precision: .float64)
    return pair.field != "ode_rnn" || isCertain { try isAccepted { _ = try NetworkPlan(try combination.specification()) } }
  }.map { "\($0.field) \($0.integrator)" }

  /// The pairs that have a network over each operator besides matrices, as "field integrator operator"; and those whose steps differ with the operator's options, which follow.
  package static let operatorPairs = operators.names.filter { $0 != "dense" }.flatMap { name in
    pairs.map { "\($0) \(name)" }.filter { pair in isCertain { try isAccepted { for combination in of(pair) { _ = try NetworkPlan(try combination.specification(opening: "zero_padding")) } } } }
  } + optionPairs
  private static let optionPairs = [
    "rotate_relax cayley convolution rotation=kernel padding=periodic", "rotate_relax rk4 convolution rotation=kernel", "rotate_relax exponential convolution padding=reflect",
    "gradient_flow imex convolution padding=replicate", "antisymmetric imex convolution padding=periodic",
  ]

  /// A pair with every activation, bias and precision. During development tanh and a vector bias represent all others; `make test` sets SODE_SWEEP=full, which runs the whole product.
  package static func of(_ pair: String) -> [Combination] {
    let names = pair.split(separator: " ").map(String.init)
    // The path determines the size of an implicit step of the CDE. The step is certain to have a solution only if σ is bounded.
    let mayDiverge = names[0] == "neural_cde" && isImplicit(names[1])
    let all = mayDiverge ? ["tanh", "sigmoid", "sin"] : activations.names
    return (wholeSweep ? all : ["tanh"]).flatMap { activation in
      (wholeSweep ? biases.names : ["vector"]).flatMap { bias in
        Precision.allCases.map {
          Combination(field: names[0], integrator: names[1], activation: activation, bias: bias, precision: $0, linearOperator: names.count > 2 ? names[2] : "dense", options: Array(names.dropFirst(3)))
        }
      }
    }
  }

  /// A small specification of this combination. Its sizes are not multiples of a vector register, so that every remainder loop runs.
  package func specification(
    inputs: Int = 3, width: Int = 6, outputs: Int = 4, layers: Int = 6, horizon: Double = 1.5, opening: String = "dense", memory: String = "store_all",
    noise: String = "none", seed: Int = 11
  ) throws -> NetworkSpecification {
    var specification = NetworkSpecification()
    var (inputs, opening) = (inputs, opening)
    if let driven = try fields(field).make(FieldConfiguration(width: 4)) as? any DrivenField {
      // Two channels. One sequence step per layer; for events one every two layers; for paths one piece over all layers, whose slope in a layer implicit steps can handle.
      inputs = driven.driveForm == .events ? layers : driven.driveForm == .derivative ? 4 : 2 * layers
      opening = opening == "dense" ? "sequence_dense" : "sequence"
      try specification.set("channels", .integer(2))
      if driven.driveForm == .derivative { try specification.set("interpolation", .text("hermite")) }
    }
    for (key, value) in [("inputs", inputs), ("outputs", outputs), ("width", width), ("layers", layers), ("seed", seed)] {
      try specification.set(key, .integer(Int64(value)))
    }
    if linearOperator != "dense" {
      // Images of 3 × 4 pixels, with channels of zeros up to the width.
      try specification.set("inputs", .integer(Int64(12 * inputs)))
      try specification.set("input_shape", .text("\(inputs),3,4"))
      try specification.set("operator", .text(linearOperator))
    }
    for (key, value) in [
      ("opening", opening), ("precision", precision.name), ("field", field), ("integrator", integrator), ("activation", activation),
      ("bias", field == "bottleneck" ? "none" : bias),
      ("memory", memory), ("noise", noise),
    ] { try specification.set(key, .text(value)) }
    // Implicit steps of fields that do not decay have several solutions if h‖J‖ is large. For steps this small the iteration is a contraction for every activation.
    try specification.set("horizon", .real(Self.isImplicit(integrator) ? 0.3 * horizon : horizon))
    // The field is of the fourth degree in its weights: in steps this small the Taylor remainder is that of the second order.
    if field == "port_hamiltonian" || (field == "negative_definite" && linearOperator != "dense"), !Self.isImplicit(integrator) { try specification.set("horizon", .real(0.4 * horizon)) }
    // Explicit steps of this size keep states up to 10 bounded: hγy² < 1.
    if field == "linear_cubic" { try specification.set("cubic_rate", .real(0.02)) }
    for (key, value) in sweepOptions[integrator] ?? [:] { try specification.set(key, value) }
    for option in options {
      let parts = option.split(separator: "=").map(String.init)
      try specification.set(parts[0], .text(parts[1]))
    }
    // Batch normalization, the default, couples the samples.
    if try fields(field).options.contains(where: { $0.key == "normalization" }) {
      try specification.set("normalization_epsilon", .real(0.1))
      if try integrators.standard(integrator).treatsSamplesApart { try specification.set("normalization", .text("layer")) }
    }
    // Six stages per layer: this has no more kinks of piecewise linear activations than rk4 has in six layers.
    if sweepOptions[integrator] != nil { try specification.set("layers", .integer(Int64(max(1, 2 * layers / 3)))) }
    if try fields(field).options.contains(where: { $0.key == "gamma" }) {
      // Not every integrator accepts damping.
      var damped = specification
      try damped.set("gamma", .real(0.3))
      if try isAccepted({ _ = try NetworkPlan(damped) }) { return damped }
    }
    return specification
  }
}

/// Whether sweeps run over the whole product: SODE_SWEEP=full.
package let wholeSweep = getenv("SODE_SWEEP").map { String(cString: $0) } == "full"
