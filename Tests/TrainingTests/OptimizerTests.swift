import LinearAlgebra
import Settings
import Testing
import Training

/// Where the optimizer tests start: signs and sizes that a mistake in a formula does not leave alone, on more numbers than one vector register.
let testStart: [Double] = (0..<37).map { 0.1 * Double($0 - 18) + 0.05 }

/// The gradient of ½c(θ − 1)², with a curvature that differs from number to number.
func testGradient(_ theta: Double, _ index: Int) -> Double { (0.2 + 0.1 * Double(index % 7)) * (theta - 1) }

/// Ten steps of an optimizer on the test problem, in two ranges as the trainer takes them.
func tenSteps(of method: any Optimizer, rate: Double, decay: Double, _ precision: Precision) throws -> [Double] {
  let theta = try Numbers(testStart, precision)
  let gradient = try Numbers(testStart, precision)
  let state = try Numbers([Double](repeating: 0, count: 2 * testStart.count), precision)
  let n = testStart.count
  let all = OptimizerState(first: state.vector[0..<n], second: type(of: method).stateNames.count == 2 ? state.vector[n..<2 * n] : state.vector[0..<0])
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

/// Ten steps of a few roundings each, on numbers of order 1: 100 units of roundoff.
func expectClose(_ result: [Double], _ expected: [Double], _ precision: Precision) {
  let worst = zip(result, expected).map { abs($0 - $1) / max(abs($1), 1) }.max() ?? .infinity
  #expect(worst < 100 * precision.epsilon)
}

/// Every registered optimizer moves downhill on a convex problem, and reads only options that the trainer has.
@Test(arguments: optimizers.names)
func everyOptimizerDescends(name: String) throws {
  let method = try optimizers(name).init(try options([:]))
  let result = try tenSteps(of: method, rate: 0.05, decay: 0, .float64)
  let energy = { (theta: [Double]) in theta.map { ($0 - 1) * ($0 - 1) }.reduce(0, +) }
  #expect(energy(result) < energy(testStart))
  for option in type(of: method).options { #expect(trainerOptions.contains { $0.key == option.key }) }
}
