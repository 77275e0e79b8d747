import Datasets
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import Training
import VectorFields

/// A registry as introspection shows it.
private func listing<Entry>(_ registry: Registry<Entry>) -> [(name: String, help: String)] { registry.entries.map { ($0.name, $0.help) } }

/// The registries by the names that C gives them; what each holds is its module's business.
private let registryListings: [(name: String, entries: [(name: String, help: String)])] = [
  ("fields", listing(fields)),
  ("integrators", listing(integrators)),
  ("activations", listing(activations)),
  ("biases", listing(biases)),
  ("openings", listing(openings)),
  ("readouts", listing(readouts)),
  ("losses", listing(losses)),
  ("optimizers", listing(optimizers)),
  ("schedules", listing(schedules)),
  ("regularizers", listing(regularizers)),
  ("trajectory_terms", listing(trajectoryTerms)),
  ("constraints", listing(constraints)),
  ("time_bases", listing(timeBases)),
  ("memory_policies", listing(memoryPolicies)),
  ("noises", listing(layerNoises)),
  ("metrics", listing(metrics)),
  ("prolongations", listing(prolongations)),
  ("problems", listing(problems)),
]

/// The scopes of options by name.
private let optionScopes: [(name: String, options: [OptionDescription])] = [
  ("network", networkOptions),
  ("block", blockOptions),
  ("trainer", trainerOptions),
]

/// The names and helps of a registry.
/// - Throws: `unknownName` with the nearest name.
func registryListing(_ name: String) throws(Failure) -> [(name: String, help: String)] {
  guard let found = registryListings.first(where: { $0.name == name }) else {
    throw unknownName(name, what: "registry", allowed: registryListings.map(\.name))
  }
  return found.entries
}

/// The options of a scope.
/// - Throws: `unknownName` with the nearest name.
func optionScope(_ name: String) throws(Failure) -> [OptionDescription] {
  guard let found = optionScopes.first(where: { $0.name == name }) else {
    throw unknownName(name, what: "option scope", allowed: optionScopes.map(\.name))
  }
  return found.options
}
