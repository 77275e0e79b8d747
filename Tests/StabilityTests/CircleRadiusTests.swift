import Integrators
import Settings
import Stability
import Testing

@Suite struct CircleRadiusTests {
  /// Theory.md §6.4: Ralston's method 0.791, the 3/8 rule 0.464, the explicit midpoint none.
  @Test func knownMethods() throws {
    #expect(CircleRadius.lowerBound(RungeKutta(try .heun()), name: "heun") == 1)
    #expect(CircleRadius.lowerBound(RungeKutta(try .rk3()), name: "rk3") == 0.5)
    let ralston = RungeKutta(try ButcherTableau(a: [2.0 / 3], b: [0.25, 0.75], order: 2))
    let radius = CircleRadius.lowerBound(ralston, name: "runge_kutta")
    #expect(radius > 0.79 && radius < 0.792 && radius <= ralston.circleRadius)
    let threeEighths = RungeKutta(try ButcherTableau(a: [1.0 / 3, -1.0 / 3, 1, 1, -1, 1], b: [0.125, 0.375, 0.375, 0.125], order: 4))
    #expect(abs(CircleRadius.lowerBound(threeEighths, name: "runge_kutta") - 0.464) < 1e-3)
    #expect(CircleRadius.lowerBound(RungeKutta(try ButcherTableau(a: [0.5], b: [0, 1], order: 2)), name: "runge_kutta") == 0)
  }

  /// The radii that are taken from the literature are those that interval arithmetic finds up to its width.
  @Test func literatureAndProofAgree() throws {
    for (method, radius) in [(RungeKutta(try .heun()), 1.0), (RungeKutta(try .ssprk3()), 1), (RungeKutta(try .rk4()), 1), (RungeKutta(try .rk3()), 0.5)] {
      let proven = CircleRadius.lowerBound(method, name: "")
      #expect(proven <= radius && proven > radius * (1 - 1e-3))
    }
  }
}
