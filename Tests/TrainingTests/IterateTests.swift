import LinearAlgebra
import Settings
import Testing
import Training

struct IterateTests {
  /// A known value is reused, and an unknown one is evaluated. An accepted value is kept only if the next step minimizes the same function.
  @Test func knowsWhatItWasTold() throws {
    let objective = AnalyticObjective(count: 3, .float64)
    let iterate = try objective.iterate(of: try LBFGS(try options([:])))
    let value = try iterate.evaluate(objective)
    #expect(value == objective.value(iterate.parameters.values) && iterate.gradient.values == objective.gradient(iterate.parameters.values))
    let (next, gradient) = (try Numbers([1, 2, 3]), try Numbers([4, 5, 6]))
    iterate.accept(next.vector, value: 7, gradient: gradient.vector, of: objective)
    #expect(try iterate.evaluate(objective) == 7)
    #expect(iterate.parameters.values == [1, 2, 3] && iterate.gradient.values == [4, 5, 6] && objective.gradients == 1)
    objective.repeats = false
    iterate.accept(next.vector, value: 7, gradient: gradient.vector, of: objective)
    #expect(iterate.known == nil)
  }
}
