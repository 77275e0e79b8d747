import LinearAlgebra
import Settings
import Testing
import Training

struct GaussNewtonTests {
  /// A trust radius that is far too large is reduced until the model is accurate; one that is far too small doubles with each good step.
  @Test func theRadiusFollowsTheModel() throws {
    let large = try GaussNewton(try options(["trust_radius": .real(1e4)]))
    // The Gauss–Newton matrix is a thousandth of the right one, so its steps are much too long.
    let objective = AnalyticObjective(count: 6, .float64)
    objective.curvatureFactor = 1e-3
    let iterate = try objective.iterate(of: large)
    try large.step(objective, iterate)
    #expect(iterate.scalars[0] > 0 && iterate.scalars[0] < 100)

    let small = try GaussNewton(try options(["trust_radius": .real(1e-3)]))
    let exact = AnalyticObjective(count: 6, .float64)
    let other = try exact.iterate(of: small)
    for number in 1...4 {
      other.number = number
      let before = other.parameters.values
      try small.step(exact, other)
      let moved = zip(other.parameters.values, before).map(-)
      #expect(abs(inner(moved, moved).squareRoot() - 1e-3 * Double(1 << (number - 1))) < 1e-9)
      #expect(other.scalars == [1e-3 * Double(1 << number)])
    }
  }
}
