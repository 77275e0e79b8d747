import Integrators
import Stability
import Testing

@Suite struct ImaginaryLimitTests {
  /// The limits are those that the schemes' polynomials have, rounded down: √3 and √8, whose squares no Double has.
  @Test func limitsAreThoseOfThePolynomials() throws {
    for (name, tableau, square) in [("rk3", try ButcherTableau.rk3(), 3), ("ssprk3", try .ssprk3(), 3), ("rk4", try .rk4(), 8)] as [(String, ButcherTableau, Float80)] {
      let (bound, found) = (try #require(ImaginaryLimit.lowerBound(name: name)), RungeKutta(tableau).imaginaryLimit)
      #expect(bound <= found * (1 + 1e-12) && bound >= found * (1 - 1e-12), "\(name): \(bound), \(found)")
      #expect(Float80(bound) * Float80(bound) < square && Float80(bound) * Float80(bound) > square * (1 - 0x1p-50))
    }
  }

  /// |R(iy)| ≤ 1 up to the limit, and not beyond.
  @Test func amplificationIsOneAtTheLimit() throws {
    for (name, order) in [("rk3", 3), ("rk4", 4)] {
      func size(_ y: Double) -> Double {
        var (re, im, term) = (0.0, 0.0, 1.0)
        for power in 0...order {
          if power > 0 { term *= y / Double(power) }
          if power.isMultiple(of: 2) { re += power % 4 == 0 ? term : -term } else { im += power % 4 == 1 ? term : -term }
        }
        return re * re + im * im
      }
      let limit = try #require(ImaginaryLimit.lowerBound(name: name))
      for k in 0...1000 { #expect(size(limit * Double(k) / 1000) <= 1 + 1e-14) }
      #expect(size(limit * (1 + 1e-6)) > 1 + 1e-7)
    }
  }

  /// heun is stable at no step there, and of a tableau of the caller's nothing is claimed.
  @Test func ofOthersNoneIsKnown() {
    #expect(ImaginaryLimit.lowerBound(name: "heun") == 0)
    for name in ["runge_kutta", "dopri5", "fractal", ""] { #expect(ImaginaryLimit.lowerBound(name: name) == nil, "\(name)") }
  }
}
