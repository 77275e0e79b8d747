import LinearAlgebra
import Settings
import Testing
import Training

struct GradientOptimizerTests {
  /// A step applies `update` to the gradient; a NaN objective changes nothing.
  @Test func stepsByUpdate() throws {
    let method = try StochasticGradientDescent(try options(["optimizer": .text("sgd")]))
    let objective = AnalyticObjective(count: 4, .float64)
    let iterate = try objective.iterate(of: method)
    iterate.rate = 0.25
    let x = iterate.parameters.values
    try method.step(objective, iterate)
    #expect(zip(iterate.parameters.values, zip(x, objective.gradient(x)).map { $0 - 0.25 * $1 }).allSatisfy { abs($0 - $1) < 1e-15 })
    let nan = RayObjective({ _ in .nan }, { _ in 1 })
    let one = try Numbers([3, 0, 0])
    let stuck = Iterate(parameters: one.vector[0..<1], gradient: one.vector[1..<2], state: [one.vector[2..<3]], scalars: [], scratch: [])
    #expect(failure { try method.step(nan, stuck) }?.status == .notFinite)
    #expect(stuck.parameters.values == [3])
  }
}
