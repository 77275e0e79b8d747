import Integrators
import Testing

@Suite struct Dopri5Tests {
  /// Hairer, Nørsett & Wanner 1993, table II.5.2: the embedded weights b̂.
  @Test func hasTheEmbeddedWeightsOfTheTable() {
    let expected = [5179.0 / 57600, 0, 7571.0 / 16695, 393.0 / 640, -92097.0 / 339200, 187.0 / 2100, 1.0 / 40]
    for (j, value) in expected.enumerated() { #expect(abs(AdaptiveTableau.dopri5.b(j) - AdaptiveTableau.dopri5.error[j] - value) < 1e-16) }
  }
}
