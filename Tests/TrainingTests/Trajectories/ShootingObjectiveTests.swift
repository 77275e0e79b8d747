import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

struct ShootingObjectiveTests {
  private static let mlp = #""field": "two_layer", "hidden_width": 5"#

  /// ∇φ by all parameters and all states at which segments begin, against central differences.
  @Test(arguments: [0, 4, 12], ["rk4", "dopri5"])
  func gradientIsThatOfTheValue(segment: Int, integrator: String) throws {
    let own = try TrajectoryCase(field: Self.mlp, integrator: integrator, missing: 5)
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: segment)
    let objective = try ShootingObjective(segments, fitsInitialStates: true, threads: 1)
    objective.begin(strength: 2.5)
    let variables = try TestSupport.Numbers.normal(objective.count, .float64, seed: 5, deviation: 0.4)
    let gradient = try TestSupport.Numbers(objective.count, .float64)
    let value = try objective.gradient(at: variables.vector, into: gradient.vector)
    #expect(try objective.value(at: variables.vector) == value)
    let step = 1e-5
    for index in 0..<objective.count {
      let center = variables[index]
      variables[index] = center + step
      let above = try objective.value(at: variables.vector)
      variables[index] = center - step
      let below = try objective.value(at: variables.vector)
      variables[index] = center
      // Central differences of values of order 1 have errors of 1e-10 here.
      let error = abs((above - below) / (2 * step) - gradient[index])
      #expect(error < 1e-7 * max(1, abs(gradient[index])), "variable \(index)")
    }
  }

  /// φ by its formula: half the squared residuals and ½ρ of the squared gaps, per observed number.
  @Test func valueIsTheFormula() throws {
    let own = try TrajectoryCase(field: Self.mlp, missing: 7)
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: 5)
    let objective = try ShootingObjective(segments, fitsInitialStates: true, threads: 2)
    objective.begin(strength: 3)
    let variables = try TestSupport.Numbers.normal(objective.count, .float64, seed: 6, deviation: 0.3)
    let value = try objective.value(at: variables.vector)
    let scores = try TestSupport.Numbers(segments.count * segments.points * 2, .float64)
    let network = try Network(segments.plan, own.network.snapshot)
    try network.replaceParameters(with: objective.parameters(variables.vector))
    try Predictor(network, maximumBatch: segments.count, threads: 1).run(
      segments.features.view, .scores, into: scores.target(rows: segments.count, columns: segments.points * 2), pool: try WorkerPool(threads: 1))
    var (sum, observed) = (0.0, 0)
    for segment in 0..<segments.count {
      for column in 0..<segments.points * 2 {
        let target = segments.targets.number(row: segment, column: column)
        if target.isNaN { continue }
        observed += 1
        let residual = scores[segment * segments.points * 2 + column] - target
        sum += 0.5 * residual * residual
      }
      guard segments.following.load(segment) == 1 else { continue }
      for k in 0..<2 {
        let end: Double = scores[(segment + 1) * segments.points * 2 - 2 + k]
        let gap = end - objective.states(variables.vector).load((segment + 1) * 2 + k)
        sum += 0.5 * 3 * gap * gap
      }
    }
    #expect(observed == segments.observedCount)
    #expect(abs(value - sum / Double(observed)) < 1e-13 * abs(value))
  }

  /// States that are given have no gradient.
  @Test func givenInitialStatesStay() throws {
    let own = try TrajectoryCase(field: Self.mlp)
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: 6)
    let objective = try ShootingObjective(segments, fitsInitialStates: false, threads: 1)
    objective.begin(strength: 1)
    let (variables, gradient) = (try TestSupport.Numbers.normal(objective.count, .float64, seed: 7, deviation: 0.3), try TestSupport.Numbers(objective.count, .float64))
    _ = try objective.gradient(at: variables.vector, into: gradient.vector)
    let states = objective.states(gradient.vector)
    segments.forEachInitialState { _, range in #expect(range.allSatisfy { states.load($0) == 0 }) }
    #expect(states.load(2) != 0)
  }
}
