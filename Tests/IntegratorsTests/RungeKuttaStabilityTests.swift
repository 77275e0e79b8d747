import Integrators
import Testing

@Suite struct RungeKuttaStabilityTests {
  /// Theory.md §6.8: 0, √3, √3, 2√2; Euler by its own tableau: 0. (Hairer & Wanner 1996, IV.2.)
  @Test func imaginaryLimitsAreThoseOfTheBooks() throws {
    #expect(RungeKutta(try ButcherTableau(a: [], b: [1], order: 1)).imaginaryLimit == 0)
    #expect(RungeKutta(try .heun()).imaginaryLimit == 0)
    #expect(abs(RungeKutta(try .ssprk3()).imaginaryLimit - 3.0.squareRoot()) < 1e-12)
    #expect(abs(RungeKutta(try .rk3()).imaginaryLimit - 3.0.squareRoot()) < 1e-12)
    #expect(abs(RungeKutta(try .rk4()).imaginaryLimit - 8.0.squareRoot()) < 1e-12)
  }

  /// Theory.md §6.4: Euler, Heun, SSPRK3 and the classic method 1; Kutta 0.5; Ralston 0.791; the 3/8 rule 0.464; explicit midpoint none.
  @Test func circleRadiiAreThoseOfTheTheory() throws {
    func radius(_ a: [Double], _ b: [Double], _ order: Int) throws -> Double { RungeKutta(try ButcherTableau(a: a, b: b, order: order)).circleRadius }
    #expect(abs(try radius([], [1], 1) - 1) < 1e-9)
    for tableau in [try ButcherTableau.heun(), try .ssprk3(), try .rk4()] { #expect(abs(RungeKutta(tableau).circleRadius - 1) < 1e-9) }
    #expect(abs(RungeKutta(try .rk3()).circleRadius - 0.5) < 1e-9)
    #expect(abs(try radius([2.0 / 3], [0.25, 0.75], 2) - 0.791) < 5e-4)
    #expect(abs(try radius([1.0 / 3, -1.0 / 3, 1, 1, -1, 1], [1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8], 4) - 0.464) < 5e-4)
    #expect(try radius([0.5], [0, 1], 2) == 0)
  }
}
