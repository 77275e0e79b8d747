import LinearAlgebra
import Settings
import Testing
import Training

struct NonlinearCGTests {
  /// Each of ten steps has the direction −g + max(0, gᵀ(g − g₋)/‖g₋‖²)d and satisfies the strong Wolfe conditions with 1e-4 and 0.1.
  @Test func tenStepsFollowPolakAndRibiere() throws {
    let method = try NonlinearCG(try options([:]))
    let objective = AnalyticObjective(count: 6, .float64)
    let iterate = try objective.iterate(of: method)
    var last: (d: [Double], g: [Double])?
    for number in 1...10 {
      let x = iterate.parameters.values
      let g = objective.gradient(x)
      iterate.number = number
      try method.step(objective, iterate)
      let next = iterate.parameters.values
      var direction = g.map { -$0 }
      if let last {
        let factor = max(0, inner(g, zip(g, last.g).map(-)) / inner(last.g, last.g))
        direction = zip(direction, last.d).map { $0 + factor * $1 }
      }
      let slope = inner(direction, g)
      #expect(slope < -1e-3 * inner(g, g))
      let s = zip(next, x).map(-)
      let along = inner(s, direction) / inner(direction, direction)
      #expect(along > 0 && zip(s, direction).allSatisfy { abs($0 - along * $1) < 1e-9 * (1e-6 + inner(s, s).squareRoot()) })
      #expect(objective.value(next) <= objective.value(x) + 1e-4 * along * slope + 1e-15)
      #expect(abs(inner(objective.gradient(next), direction)) <= 0.1 * abs(slope) + 1e-15)
      last = (direction, g)
    }
    #expect(inner(objective.gradient(iterate.parameters.values), objective.gradient(iterate.parameters.values)) < 1e-6)
  }
}
