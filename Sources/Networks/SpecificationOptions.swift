import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The options of scope "network".
package let networkOptions: [OptionDescription] = [
  OptionDescription("precision", .choice(Precision.allCases.map(\.name)), default: .text("float32"), "precision of parameters, states and gradients"),
  OptionDescription("inputs", .integer(1...1_000_000), default: .integer(1), unit: "features", required: true, "features of one sample; may be left out where input_shape is given"),
  OptionDescription("input_shape", .reals, default: .text(""), "extents of one sample that is an image, channels first: channels, height, width, such as 1, 28, 28; or channels, length; empty: a list of features"),
  OptionDescription("outputs", .integer(1...1_000_000), default: .integer(1), unit: "scores", required: true, "scores that the network computes for a sample: one for each class, or one for each target value"),
  OptionDescription("opening", .choice(openings.names), default: .text("zero_padding"), automatic: true, "how the inputs become the first state. Automatic: dense, if width, layers, horizon and blocks are not set either"),
  OptionDescription("width", .integer(0...65_536), default: .integer(0), unit: "features", automatic: true, "features of the state, or channels of an image; 0: as many as the inputs have. Automatic: chosen by the numbers of inputs and outputs, if opening, layers, horizon and blocks are not set either; with opening trajectory its channels"),
  OptionDescription("readout", .choice(readouts.names), default: .text("dense"), "how the final state becomes scores"),
  OptionDescription("opening_norm", weightNorm.kind, default: .text("free"), "how the weights of opening dense are scaled, as by the option norm of connector dense"),
  OptionDescription("readout_norm", weightNorm.kind, default: .text("free"), "how the weights of readout dense are scaled, as by the option norm of connector dense"),
  OptionDescription("loss", .choice(losses.names), default: .text("softmax_cross_entropy"), "the loss that training minimizes; it also determines how scores become probabilities"),
  OptionDescription("seed", .integer(0...Int64.max), default: .integer(0), "seed of the random initial parameters"),
] + losses.options + sequenceOptions

private let biasHelp = biases.entries.map { "\($0.name): \($0.help)" }.joined(separator: "; ")

/// The options of scope "block": the common ones, then those that single entries of the registries add.
package let blockOptions: [OptionDescription] = [
  OptionDescription("field", .choice(fields.names), default: .text("antisymmetric"), "the vector field f(y; θ), which says how the state changes"),
  OptionDescription("operator", .choice(operators.names), default: .text("dense"), "the linear operators that the field multiplies by"),
  OptionDescription("activation", .choice(activations.names), default: .text("tanh"), "the activation function σ, applied to each number"),
  OptionDescription("bias", .choice(biases.names), default: .text("vector"), biasHelp),
  OptionDescription("integrator", .choice(integrators.names), default: .text("euler"), "the time integrator; each of its steps is a layer"),
  OptionDescription("layers", .integer(1...1_000_000), default: .integer(10), unit: "layers", automatic: true, "number N of layers, which are the integrator's steps. Automatic: 5 if opening, width, horizon and blocks are not set either; with opening trajectory as many as a sample has intervals; otherwise 10"),
  OptionDescription("horizon", .real(0...1e9, openBelow: true), default: .real(1), unit: "time", automatic: true, "final time T of the block; each step has size T/N unless step_sizes is given. Automatic: 2 if opening, width, layers and blocks are not set either; with opening trajectory the number of a sample's intervals; otherwise 1"),
  OptionDescription("step_sizes", .reals, default: .text(""), unit: "time", "the step size of each layer, if they are not equal; their sum is then the horizon; empty: N equal steps"),
  OptionDescription("weights_in_time", .choice(timeBases.names), default: .text("layers"), automatic: true, "how the layers get their weights: each has its own, several share them, or they are functions of time θ(t). Automatic: shared with opening trajectory, otherwise layers"),
  OptionDescription("memory", .choice(memoryPolicies.names), default: .text("store_all"), "which states training keeps in memory for the gradient, and which it computes again"),
  OptionDescription("noise", .choice(layerNoises.names), default: .text("none"), "random numbers in the layers during training; evaluation and prediction draw none"),
  OptionDescription("initial_scale", .real(0...1e6), default: .real(1), "factor of the standard deviation of the initial weights; with 1, f(y) is about as large as y, whatever the width, hidden_width and channels"),
  OptionDescription("initial_bias", .real(0...1e6), default: .real(0), automatic: true, "standard deviation of the initial biases of the layers. Where they begin as zeros and activation is odd, so is the network, and it is slow to learn what is even in the inputs. Automatic: 1 for a table, otherwise 0"),
] + elementOptions

private let choosers = [
  OptionChooser("field", fields), OptionChooser("operator", operators), OptionChooser("integrator", integrators), OptionChooser("weights_in_time", plural: "choices of weights_in_time", timeBases), OptionChooser("memory", plural: "memory policies", memoryPolicies),
  OptionChooser("noise", layerNoises),
]

/// The options that single fields, operators, integrators, bases, memory policies and noises add.
package let elementOptions: [OptionDescription] = distinctOptions(choosers.flatMap { $0.choices.map(\.options) })

/// The element options that a block's field, operator, integrator, basis, memory policy and noise take.
func takenElementOptions(_ block: OptionValues) throws(Failure) -> [String] { try withoutUnusedNormalization(ownElementOptions(block), block) }

/// The same with those of normalizations that are not chosen, which are refused where the normalization is made.
private func ownElementOptions(_ block: OptionValues) throws(Failure) -> [String] {
  var keys: [String] = []
  for chooser in choosers {
    let chosen = try block.text(chooser.option)
    keys += chooser.choices.first { $0.name == chosen }?.options.map(\.key) ?? []
  }
  return keys
}

/// The options that a field or a connector takes, without those of normalizations that are not chosen.
func withoutUnusedNormalization(_ keys: [String], _ options: OptionValues) throws(Failure) -> [String] {
  guard let chooser = normalizationChoosers.first(where: keys.contains) else { return keys }
  let unused = try unusedNormalizationOptions(options, by: chooser)
  return keys.filter { !unused.contains($0) }
}

/// Refuses options that are set but belong to another field, operator, integrator, basis, memory policy or noise than the block's.
func checkElementOptions(_ block: OptionValues) throws(Failure) {
  let taken = try ownElementOptions(block)
  for option in elementOptions where block.isSet(option.key) && !taken.contains(option.key) {
    let owners = choosers.map { (option: $0.option, plural: $0.plural, names: $0.takers(of: option.key)) }.filter { !$0.names.isEmpty }
    let chosen = try owners.map { (owner) throws(Failure) in "\(owner.option) \(try block.text(owner.option))" }.joined(separator: " and ")
    let belongs = owners.map { $0.names.count == 1 ? "\($0.option) \($0.names[0])" : "the \($0.plural) \(enumeration($0.names))" }.joined(separator: "; ")
    throw Failure(.incompatible, "\(chosen) has no option \(option.key); it belongs to \(belongs)")
  }
}

/// How inputs become the first state: padded with zeros up to the width (for images, with channels of zeros), or by a trained affine map. For sequences, which drive the blocks, the state starts at zero or at a trained map of the first
/// observation. For trajectories the inputs hold the first state itself, and the times to which the block leads it.
package enum Opening: Sendable {
  case zeroPadding, dense, sequence, sequenceDense, trajectory

  /// Whether the inputs are sequences or trajectories, in which the place of a feature says more than its number.
  package var takesSequences: Bool { !sequenceOptions.isEmpty }
}
package let openings = Registry<Opening>("opening", [
  ("zero_padding", "the inputs, then features or channels of zeros up to the width", .zeroPadding),
  ("dense", "a trained affine map of the inputs", .dense),
  ("sequence", "the inputs are observations in time that drive the blocks; the state starts at zero", .sequence),
  ("sequence_dense", "as sequence, but the state starts as a trained affine map of the first observation", .sequenceDense),
  ("trajectory", "the inputs are the state at the first of a sample's times, then all its times; the block leads the state from time to time", .trajectory),
])

/// How the final state becomes scores: by a trained affine map, or unchanged.
package enum Readout: Sendable { case dense, identity }
package let readouts = Registry<Readout>("readout", [
  ("dense", "a trained affine map of the state", .dense),
  ("identity", "the state itself; outputs must equal width", .identity),
])

/// The kinds of bias by name.
package let biases = Registry<BiasKind>("bias", [
  ("none", "no bias", .none),
  ("scalar", "one number per layer", .scalar),
  ("vector", "one number per feature and layer", .vector),
])
