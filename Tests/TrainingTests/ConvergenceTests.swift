import Datasets
import LinearAlgebra
import Settings
import Testing
import Training

struct ConvergenceTests {
  private func iterate(_ objective: AnalyticObjective) throws -> Iterate { try objective.iterate(of: try LBFGS(try options([:]))) }

  /// Convergence compares the gradient with the first gradient of the training, so the units of the objective do not matter.
  @Test func smallIsRelativeToTheBeginning() throws {
    let convergence = try Convergence(try options(["gradient_tolerance": .real(1e-2)]))
    let objective = AnalyticObjective(count: 4, .float64)
    let iterate = try iterate(objective)
    let value = try convergence.begin(objective, iterate)
    let first = inner(objective.gradient(iterate.parameters.values), objective.gradient(iterate.parameters.values)).squareRoot()
    #expect(value == objective.value(iterate.parameters.values) && iterate.ending == nil && abs(iterate.firstGradient - first) < 1e-12 * first)
    // A known gradient just below a hundredth of the first is small; one just above is not.
    for (size, isSmall) in [(0.0101, false), (0.0099, true)] {
      for i in 0..<4 { iterate.gradient.store(i == 1 ? size * iterate.firstGradient : 0, at: i) }
      iterate.known = 3
      #expect(try convergence.begin(objective, iterate) == 3)
      #expect((iterate.ending == .converged) == isSmall)
    }
    objective.repeats = false
    #expect(try convergence.begin(objective, iterate) == 3)
    #expect(iterate.ending == nil)
  }

  /// If no lower value is found, comparing ‖g‖‖θ‖ with √ε|φ| decides whether the gradient is small.
  @Test(arguments: Precision.allCases)
  func withoutDescentTheGradientDecides(precision: Precision) throws {
    let convergence = try Convergence(try options([:]))
    let objective = AnalyticObjective(count: 4, precision)
    let iterate = try iterate(objective)
    for i in 0..<4 { iterate.parameters.store(i == 0 ? 2 : 0, at: i) }
    for (size, ending) in [(0.99, Ending.converged), (1.01, .noDescent)] {
      for i in 0..<4 { iterate.gradient.store(i == 3 ? size * precision.epsilon.squareRoot() * 5 / 2 : 0, at: i) }
      convergence.stay(objective, iterate, value: -5)
      #expect(iterate.ending == ending && iterate.known == -5)
    }
    iterate.ending = nil
    convergence.stay(objective, iterate, value: -5, isLast: false)
    #expect(iterate.ending == nil)
  }

  /// The methods that minimize one fixed function.
  private static let methods = optimizers.entries.filter { $0.entry.prefersAllSamples }.map(\.name)

  /// Every method for a fixed function ends with `converged` if its gradient has become small, and with `noDescent` if it finds no lower value. A method that does not end has lowered the function in
  /// every step.
  @Test(arguments: methods)
  func everyMethodSaysHowItEnded(name: String) throws {
    let data = try ellipses(60, 4).training
    // The problem is convex in the weights that matter, so from a distant start every tolerance below 1 is reached.
    let settings: [String: OptionValue] = ["optimizer": .text(name), "epochs": .integer(400), "weight_decay": .real(0.1), "gradient_tolerance": .real(1e-4)]
    let network = try smallNetwork(precision: .float64)
    let converging = try trainer(network, settings)
    #expect(try converging.run(training: data) == .converged)
    // This run starts from the best parameters, with a tolerance that rounding errors make unreachable.
    let unreachable = settings.merging(["gradient_tolerance": .real(0), "epochs": .integer(2000)]) { $1 }
    let stuck = try trainer(network, unreachable)
    let status = try stuck.run(training: data)
    let objectives = stuck.history.map(\.objective)
    let last = try #require(objectives.last)
    if status == .ok {
      #expect(objectives.count == 2000 && zip(objectives, objectives.dropFirst()).allSatisfy { $0 >= $1 } && last < objectives[0])
    } else {
      #expect((status == .noDescent || status == .converged) && objectives.count < 2000)
      // A new run from there finds nothing that is lower by more than the test's √ε.
      let again = try trainer(network, unreachable.merging(["epochs": .integer(20)]) { $1 })
      _ = try again.run(training: data)
      let lowest = try #require(again.history.map(\.objective).min())
      #expect(last - lowest < 1e-7 * last, "\(status): \(last), then \(lowest)")
    }
  }

  /// For features of magnitude 1e4 second-order steps soon find no lower value; this must not count as convergence.
  @Test func aMethodThatFindsNothingLowerHasNotConverged() throws {
    let data = try ellipses(100, 4).training
    let large = try Numbers([Double](repeating: 0, count: 200))
    convert(data.features, into: large.vector)
    scale(1e4, large.vector)
    let labels = TensorView(UnsafeRawPointer(try #require(data.labels)), type: .int32, rows: 100, columns: 1)
    let scaled = try withExtendedLifetime((data, large)) { try Dataset(copying: TensorView(large.vector.base, type: .float64, rows: 100, columns: 2), labels: labels) }
    var endings: [Status] = []
    for name in Self.methods {
      let network = try smallNetwork(extra: ["field": .text("dense")])
      let trainer = try trainer(network, ["optimizer": .text(name), "epochs": .integer(20)])
      let status = try trainer.run(training: scaled)
      let accuracy = try evaluate(network, on: scaled, threads: 1).accuracy
      #expect(accuracy < 0.9, "the test needs a start from which \(name) does not learn")
      #expect(status == .noDescent || status == .ok && trainer.history.count == 20, "\(name): \(status)")
      endings.append(status)
    }
    #expect(endings.contains(.noDescent))
  }
}
