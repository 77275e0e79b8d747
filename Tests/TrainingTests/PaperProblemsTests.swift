import Datasets
import Networks
import Settings
import Testing
import Training

/// The closed-form problems of Haber & Ruthotto 2017, section 6, reach the accuracies that this library promises, each with its own recipe.
///
/// When the recipes were chosen, they reached these figures for each of three to eight seeds; the tests train with one seed.
struct PaperProblemsTests {
  static let antisymmetric: [String: OptionValue] = ["field": .text("antisymmetric"), "gamma": .real(0.1), "integrator": .text("euler")]
  static let verlet: [String: OptionValue] = ["field": .text("hamiltonian"), "integrator": .text("verlet")]

  /// The best validation accuracy of a training.
  private func accuracy(
    _ problem: String, classes: Int64, _ dynamics: [String: OptionValue], _ shape: [String: OptionValue], _ recipe: [String: OptionValue]
  ) throws -> Double {
    var specification = NetworkSpecification()
    for (key, value) in dynamics.merging(shape, uniquingKeysWith: { $1 }) { try specification.set(key, value) }
    try specification.set("inputs", .integer(2))
    try specification.set("outputs", .integer(classes))
    try specification.set("seed", .integer(1))
    let data = try problems(problem)(training: 0, validation: 0, seed: 1)
    let network = try Network(specification)
    let trainer = Trainer(network)
    try trainer.set([("seed", .integer(1)), ("optimizer", .text("adam")), ("normalization", .text("none")), ("schedule", .text("cosine"))] + recipe.map { ($0.key, $0.value) })
    #expect(try trainer.run(training: data.training, validation: data.validation) == .ok)
    return try evaluate(network, on: data.validation, threads: 0).accuracy
  }

  @Test(arguments: [antisymmetric, verlet]) func peaks(dynamics: [String: OptionValue]) throws {
    let found = try accuracy(
      "peaks", classes: 5, dynamics, ["width": .integer(8), "layers": .integer(64), "horizon": .real(5)],
      ["epochs": .integer(60), "batch_size": .integer(64), "learning_rate": .real(0.01)])
    #expect(found >= 0.985)
  }

  @Test(arguments: [antisymmetric, verlet]) func swissRoll(dynamics: [String: OptionValue]) throws {
    let found = try accuracy(
      "swiss_roll", classes: 2, dynamics, ["width": .integer(8), "layers": .integer(64), "horizon": .real(10)],
      ["epochs": .integer(400), "batch_size": .integer(32), "learning_rate": .real(0.02)])
    #expect(found == 1)
  }

  @Test(arguments: [antisymmetric, verlet]) func ellipses(dynamics: [String: OptionValue]) throws {
    let found = try accuracy(
      "ellipses", classes: 2, dynamics, ["width": .integer(4), "layers": .integer(32), "horizon": .real(5)],
      ["epochs": .integer(300), "batch_size": .integer(32), "learning_rate": .real(0.01), "weight_decay": .real(1e-4)])
    #expect(found == 1)
  }
}
