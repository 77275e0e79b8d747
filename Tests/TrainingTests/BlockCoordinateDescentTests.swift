import LinearAlgebra
import Settings
import Testing
import Training

struct BlockCoordinateDescentTests {
  /// Ten steps agree with plain Double arithmetic: each minimizes over the last two variables, then makes a Newton step in the others.
  @Test func tenStepsAlternate() throws {
    let method = try BlockCoordinateDescent(
      try options(["cg_tolerance": .real(1e-13), "cg_iterations": .integer(50), "readout_tolerance": .real(1e-12), "readout_iterations": .integer(50)]))
    let objective = AnalyticObjective(count: 6, .float64)
    let iterate = try objective.iterate(of: method)
    var x = iterate.parameters.values
    for number in 1...10 {
      iterate.number = number
      try method.step(objective, iterate)
      for _ in 0..<30 {
        let (h, g) = (objective.hessian(x), objective.gradient(x))
        let step = solve([[h[4][4], h[4][5]], [h[5][4], h[5][5]]], [g[4], g[5]])
        x[4] -= step[0]
        x[5] -= step[1]
      }
      let (h, g) = (objective.hessian(x), objective.gradient(x))
      let step = solve((0..<4).map { Array(h[$0][0..<4]) }, Array(g[0..<4]))
      if inner(g, g) > 1e-22 { for i in 0..<4 { x[i] -= step[i] } }
      for i in 0..<6 { #expect(abs(iterate.parameters.load(i) - x[i]) < 1e-8) }
    }
  }
}
