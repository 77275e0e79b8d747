import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// The start of the optimizer tests: signs and magnitudes for which mistakes in a formula show, and more numbers than one vector register holds.
let testStart: [Double] = (0..<37).map { 0.1 * Double($0 - 18) + 0.05 }

/// The gradient of ½c(θ − 1)², with a different curvature c for each number.
func testGradient(_ theta: Double, _ index: Int) -> Double { (0.2 + 0.1 * Double(index % 7)) * (theta - 1) }

/// Ten steps of an optimizer on the test problem, in two ranges, as in the trainer.
func tenSteps(of method: any GradientOptimizer, rate: Double, decay: Double, _ precision: Precision) throws -> [Double] {
  let theta = try Numbers(testStart, precision)
  let gradient = try Numbers(testStart, precision)
  let state = try Numbers([Double](repeating: 0, count: 2 * testStart.count), precision)
  let n = testStart.count
  let all = OptimizerState((0..<method.stateNames.count).map { state.vector[$0 * n..<($0 + 1) * n] })
  for step in 1...10 {
    for i in 0..<n { gradient.vector.store(testGradient(theta.vector.load(i), i), at: i) }
    for range in [0..<20, 20..<n] {
      method.update(
        theta.vector[range], gradient: gradient.vector[range], state: all[range], step: step, rate: rate,
        decay: type(of: method).decouplesWeightDecay ? decay : 0)
    }
  }
  return theta.values
}

/// Ten steps with a few rounding errors each, on numbers of magnitude 1: 100 units of roundoff.
func expectClose(_ result: [Double], _ expected: [Double], _ precision: Precision) {
  let worst = zip(result, expected).map { abs($0 - $1) / max(abs($1), 1) }.max() ?? .infinity
  #expect(worst < 100 * precision.epsilon)
}

/// Every registered optimizer decreases a convex function in every step, and reads only options that the trainer has.
@Test(arguments: optimizers.names, Precision.allCases)
func everyOptimizerDescends(name: String, precision: Precision) throws {
  let method = try optimizers(name).init(try options([:]))
  let objective = AnalyticObjective(count: 6, precision)
  let iterate = try objective.iterate(of: method)
  var value = try objective.value(at: iterate.parameters)
  for number in 1...12 {
    iterate.number = number
    iterate.rate = 0.05
    try method.step(objective, iterate)
    let next = try objective.value(at: iterate.parameters)
    #expect(next < value * (1 + 8 * precision.epsilon))
    value = next
  }
  for option in type(of: method).options { #expect(trainerOptions.contains { $0.key == option.key }) }
}

/// If the objective fails, the iterate and everything that is saved of it are unchanged.
@Test(arguments: optimizers.names)
func aStepThatFailsChangesNothing(name: String) throws {
  let method = try optimizers(name).init(try options([:]))
  let objective = AnalyticObjective(count: 6, .float64)
  let iterate = try objective.iterate(of: method)
  (iterate.number, iterate.rate) = (1, 0.05)
  try method.step(objective, iterate)
  let (parameters, state, scalars) = (iterate.parameters.values, iterate.state.map(\.values), iterate.scalars)
  for calls in 0..<4 {
    objective.callsLeft = calls
    if failure({ try method.step(objective, iterate) }) == nil { break }
    #expect(iterate.parameters.values == parameters && iterate.state.map(\.values) == state && iterate.scalars == scalars)
  }
}

/// For any terms of the objective and any sample weights, no step of a method with a line search or a trust region increases the whole objective, which events report.
@Test(arguments: optimizers.entries.filter { $0.entry.prefersAllSamples }.map(\.name))
func noStepRaisesTheRegularizedObjective(name: String) throws {
  let plain = try ellipses(80, 4).training
  let counts = try Numbers((0..<80).map { 0.25 + Double($0 % 5) })
  let weighted = try plain.weighted(by: TensorView(counts.vector.base, type: .float64, rows: 80, columns: 1))
  let terms: [[String: OptionValue]] = regularizers.names.map { [$0: .real(3e-2)] } + [Dictionary(uniqueKeysWithValues: regularizers.names.map { ($0, .real(1e-2)) })]
  let takesTrajectories = failure { try run(["kinetic_energy": .real(1e-2)], plain) } == nil
  for extra in terms + (takesTrajectories ? [["kinetic_energy": .real(1e-2)]] : []) {
    for settings in [[:], ["label_smoothing": .real(0.1)], ["class_weights": .text("balanced")]] as [[String: OptionValue]] {
      for data in [plain, weighted] { try run(extra.merging(settings) { $1 }, data) }
    }
  }

  func run(_ settings: [String: OptionValue], _ data: Dataset) throws {
    let network = try smallNetwork(precision: .float64)
    let trainer = try trainer(network, settings.merging(["optimizer": .text(name), "epochs": .integer(12)]) { $1 })
    let layout = try ParameterLayout(network.plan)
    let terms = try TrainerOptions(trainer.options).regularizers
    var charges: [Double] = []
    _ = try trainer.run(training: data, onEvent: { event in
      guard event.kind == .epoch else { return 0 }
      charges.append(terms.reduce(0) { $0 + $1.accumulate(network.snapshot.parameters, layout: layout, addingTo: nil) })
      return 0
    })
    let reached = trainer.history.map(\.objective)
    for (before, after) in zip(reached, reached.dropFirst()) { #expect(after <= before * (1 + 1e-12), "\(name) \(settings): \(reached)") }
    // Each epoch is one step, which starts where the last one ended.
    guard name != "varpro", name != "block_coordinate", settings["kinetic_energy"] == nil else { return }
    for (row, charge) in zip(trainer.history.dropFirst(), charges) { #expect(abs(row.objective - row.trainingLoss - charge) < 1e-12 * row.objective) }
  }
}
