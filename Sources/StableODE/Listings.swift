import Datasets
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import Stability
import Training
import VectorFields

/// The names and help texts of a registry's entries.
private func listing<Entry>(_ registry: Registry<Entry>) -> [(name: String, help: String)] { registry.entries.map { ($0.name, $0.help) } }

/// The registries by their names in C. Each module fills its own registries.
private let registryListings: [(name: String, help: String, entries: [(name: String, help: String)])] = [
  ("fields", "vector fields f(y; θ), the right-hand sides of the differential equation", listing(fields)),
  ("operators", "linear operators that the fields of a block multiply by", listing(operators)),
  ("connectors", "maps between blocks", listing(connectors)),
  ("normalizations", "what is normalized together, in fields and between blocks", listing(normalizations)),
  ("integrators", "time integrators, whose steps are the layers", listing(integrators)),
  ("activations", "elementwise functions σ", listing(activations)),
  ("architectures", "networks of the literature", listing(architectures)),
  ("biases", "kinds of bias", listing(biases)),
  ("openings", "how the inputs become the first state", listing(openings)),
  ("readouts", "how the final state becomes scores", listing(readouts)),
  ("losses", "losses, each with its map from scores to probabilities", listing(losses)),
  ("optimizers", "methods that update the parameters", listing(optimizers)),
  ("schedules", "how the learning rate changes during training", listing(schedules)),
  ("regularizers", "terms of the training objective that depend on the parameters; the option of the same name is the term's strength", listing(regularizers)),
  ("trajectory_terms", "terms of the training objective that depend on the states in all layers; the option of the same name is the term's strength", listing(trajectoryTerms)),
  ("constraints", "limits that training keeps the parameters within", listing(constraints)),
  ("time_bases", "how the layers get their weights", listing(timeBases)),
  ("memory_policies", "which states training keeps in memory for the gradient, and which it computes again", listing(memoryPolicies)),
  ("noises", "random numbers in the layers during training", listing(layerNoises)),
  ("metrics", "figures by which a trained network is judged", listing(metrics)),
  ("prolongations", "how a network's weights become those of a network with twice the layers", listing(prolongations)),
  ("problems", "data sets of the papers that are made by a formula", listing(problems)),
  ("certificates", "statements about a trained network that can be proved", listing(certificates)),
]

/// The scopes of options by name.
private let optionScopes: [(name: String, help: String, options: [OptionDescription])] = [
  ("network", "the network, except for its blocks", networkOptions),
  ("block", "one block of layers: its field, its integrator, and the options of both", blockOptions),
  ("connector", "a map before, between or after the blocks", connectorOptions),
  ("architecture", "a network by name, which becomes a list of blocks and connectors", architectureOptions),
  ("trainer", "how a network is trained", trainerOptions),
  ("trajectory_fit", "how a vector field is fitted to measured trajectories", trajectoryFitOptions),
  ("stability_report", "what a stability report measures", stabilityReportOptions),
  ("mechanics", "what a report of a network's mechanics measures", mechanicsOptions),
  ("certificate", "what is proved of a network", certificateOptions),
]

/// An option whose choices take further options, and the options that each choice takes.
private struct ChoiceListing {
  let scope: String
  let option: String
  let choices: [(name: String, options: [OptionDescription])]

  func takers(of key: String) -> [String] { choices.filter { $0.options.contains { $0.key == key } }.map(\.name) }
}

private let choiceListings: [ChoiceListing] = [
  ChoiceListing(scope: "network", option: "opening", choices: openings.entries.map { ($0.name, $0.entry.sequenceOptions) }),
  ChoiceListing(scope: "network", option: "loss", choices: losses.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "block", option: "field", choices: fields.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "block", option: "operator", choices: operators.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "block", option: "integrator", choices: integrators.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "block", option: "weights_in_time", choices: timeBases.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "block", option: "memory", choices: memoryPolicies.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "block", option: "noise", choices: layerNoises.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "connector", option: "connector", choices: connectors.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "architecture", option: "architecture", choices: architectures.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "trainer", option: "optimizer", choices: optimizers.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "trainer", option: "schedule", choices: schedules.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "trajectory_fit", option: "optimizer", choices: trajectoryFitMethods.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "trajectory_fit", option: "schedule", choices: schedules.entries.map { ($0.name, $0.entry.options) }),
  ChoiceListing(scope: "certificate", option: "statement", choices: certificates.entries.map { ($0.name, $0.entry.options) }),
]

/// The names and help texts of a registry's entries; "registries" and "scopes" list the registries and scopes themselves.
/// - Throws: `unknownName` with the nearest name.
func registryListing(_ name: String) throws(Failure) -> [(name: String, help: String)] {
  if name == "registries" { return registryListings.map { ($0.name, $0.help) } }
  if name == "scopes" { return optionScopes.map { ($0.name, $0.help) } }
  guard let found = registryListings.first(where: { $0.name == name }) else {
    throw unknownName(name, what: "registry", allowed: registryListings.map(\.name) + ["registries", "scopes"])
  }
  return found.entries
}

/// An option of a scope, and the choices of other options that take it, such as "field=antisymmetric,antisymmetric_damped"; nil if it is always taken.
struct ListedOption {
  let description: OptionDescription
  let takenBy: String?
}

/// The options of a scope, such as "trainer"; or those that only one choice takes, such as "field=antisymmetric".
/// - Throws: `unknownName` with the nearest name.
func optionScope(_ name: String) throws(Failure) -> [ListedOption] {
  let parts = name.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
  if parts.count == 2 {
    guard let listing = choiceListings.first(where: { $0.option == parts[0] }) else {
      let options = choiceListings.map(\.option)
      let hint = nearestName(to: parts[0], among: options).map { "; did you mean '\($0)'?" } ?? ";"
      throw Failure(.unknownName, "option '\(parts[0].prefix(64))' has no choices with options of their own\(hint) these have: \(options.joined(separator: ", "))")
    }
    guard let choice = listing.choices.first(where: { $0.name == parts[1] }) else {
      throw unknownName(parts[1], what: "value of \(parts[0])", allowed: listing.choices.map(\.name))
    }
    return choice.options.map { listed($0, in: listing.scope) }
  }
  guard let found = optionScopes.first(where: { $0.name == name }) else {
    throw unknownName(name, what: "option scope", allowed: optionScopes.map(\.name))
  }
  return found.options.map { listed($0, in: name) }
}

private func listed(_ option: OptionDescription, in scope: String) -> ListedOption {
  let takers = choiceListings.filter { $0.scope == scope }.map { (option: $0.option, names: $0.takers(of: option.key)) }.filter { !$0.names.isEmpty }
  let text = takers.map { "\($0.option)=\($0.names.joined(separator: ","))" }.joined(separator: ";")
  return ListedOption(description: option, takenBy: text.isEmpty ? nil : text)
}
