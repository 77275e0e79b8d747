import LinearAlgebra
import Settings
import Testing
import Training

struct VariableProjectionTests {
  /// In each iterate the last two variables minimize the objective for fixed others. The reduced objective decreases, and the steps in the others are Gauss–Newton steps with the Schur complement.
  @Test func theReadoutIsAlwaysSolvedFor() throws {
    let method = try VariableProjection(
      try options(["cg_tolerance": .real(1e-13), "cg_iterations": .integer(50), "trust_radius": .real(1e3), "readout_tolerance": .real(1e-12), "readout_iterations": .integer(50)]))
    let objective = AnalyticObjective(count: 6, .float64)
    let iterate = try objective.iterate(of: method)
    var value = Double.infinity
    var reduced: [Double]?
    for number in 1...8 {
      iterate.number = number
      try method.step(objective, iterate)
      let x = iterate.parameters.values
      let g = objective.gradient(x)
      #expect(abs(g[4]) < 1e-11 && abs(g[5]) < 1e-11)
      #expect(objective.value(x) <= value + 1e-14)
      if let reduced { for i in 0..<4 { #expect(abs(x[i] - reduced[i]) < 1e-8) } }
      value = objective.value(x)
      // Newton's method on the reduced function: (A − BC⁻¹Bᵀ)δ = −g in the first four variables.
      let h = objective.hessian(x)
      let corner = [[h[4][4], h[4][5]], [h[5][4], h[5][5]]]
      let schur = (0..<4).map { i in (0..<4).map { k in h[i][k] - inner([h[i][4], h[i][5]], solve(corner, [h[4][k], h[5][k]])) } }
      reduced = zip(x, solve(schur, Array(g[0..<4]))).map(-)
    }
    #expect(inner(objective.gradient(iterate.parameters.values), objective.gradient(iterate.parameters.values)).squareRoot() < 1e-10)
  }
}
