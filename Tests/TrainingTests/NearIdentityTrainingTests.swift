import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// Training of near-identity networks [Ruseckas 2019] on a problem in which one class surrounds the other. With a third feature twenty layers are enough.
///
/// When these recipes were chosen, they classified 0.97 to 0.985 of the validation points correctly for each of three seeds, in 0.2 s on one core; Euler with the same weights reached 0.955 to 0.96. Weight decay
/// keeps w small, and so also the distance of the layers from their equation, which is h times products of w and g.
struct NearIdentityTrainingTests {
  private func network(_ dynamics: [String: OptionValue], integrator: String = "near_identity") throws -> Network {
    var specification = NetworkSpecification()
    for (key, value) in dynamics { try specification.set(key, value) }
    for (key, value) in [("inputs", 2), ("outputs", 2), ("width", 3), ("seed", 1), ("layers", 20)] { try specification.set(key, .integer(Int64(value))) }
    try specification.set("integrator", .text(integrator))
    return try Network(specification)
  }

  /// Trains with the same recipe for all equations and returns the validation accuracy.
  private func train(_ network: Network, on data: (training: Dataset, validation: Dataset), decay: Double) throws -> Double {
    let trainer = Trainer(network)
    let recipe: [(String, OptionValue)] = [
      ("epochs", .integer(200)), ("batch_size", .integer(50)), ("learning_rate", .real(0.05)), ("schedule", .text("cosine")), ("weight_decay", .real(decay)),
      ("seed", .integer(1)), ("num_threads", .integer(1)),
    ]
    try trainer.set(recipe.map { (key: $0.0, value: $0.1) })
    #expect(try trainer.run(training: data.training, validation: data.validation) == .ok)
    return try evaluate(network, on: data.validation, threads: 1).accuracy
  }

  static let equations: [[String: OptionValue]] = [
    ["field": .text("linear_cubic"), "horizon": .real(1)], ["field": .text("linear_activation"), "horizon": .real(2)],
  ]

  /// The layers classify 95 % of the validation points correctly. Their equation, solved by Euler with the same weights, is within a few percent of this.
  @Test(arguments: equations) func learnsOneClassAroundTheOther(_ dynamics: [String: OptionValue]) throws {
    let data = try problems("ellipses")(training: 500, validation: 200, seed: 1)
    let network = try network(dynamics)
    let layers = try train(network, on: data, decay: 3e-3)
    #expect(layers >= 0.95)

    let equation = try self.network(dynamics, integrator: "euler")
    let snapshot = network.snapshot
    try withExtendedLifetime(snapshot) { try equation.replaceParameters(with: snapshot.parameters) }
    let euler = try evaluate(equation, on: data.validation, threads: 1).accuracy
    #expect(abs(euler - layers) <= 0.04, "layers \(layers), equation \(euler)")
    // The states have magnitude one.
    #expect(try nearIdentityGap(network, data.validation.features).layersToEuler.rootMeanSquare < 0.15)
  }

  /// This includes the ordinary feed-forward network of layers σ(Wx + B). Its g = (σ − id)/h has magnitude 1/h, so the test promises nothing about its equation.
  @Test func learnsAsAnOrdinaryFeedForwardNet() throws {
    let data = try problems("ellipses")(training: 500, validation: 200, seed: 1)
    let network = try network(["field": .text("linear_activation"), "horizon": .real(1), "activation_rate": .real(20)])
    #expect(try train(network, on: data, decay: 1e-3) >= 0.95)
  }
}
