import Settings
import Testing
import VectorFields

@Suite struct PolynomialBasisTests {
  /// P₂ = (3x² − 1)/2, P₃ = (5x³ − 3x)/2, P₄ = (35x⁴ − 30x² + 3)/8 (DLMF 18.5.16).
  @Test func hasLegendresPolynomials() throws {
    let basis = try PolynomialBasis(5)
    for k in 0...20 {
      let (time, x) = (0.15 * Double(k), 0.1 * Double(k) - 1)
      let wanted = [1, x, (3 * x * x - 1) / 2, (5 * x * x * x - 3 * x) / 2, (35 * x * x * x * x - 30 * x * x + 3) / 8]
      let values = try allValues(basis, time, TimeGrid(layers: 4, horizon: 3))
      #expect(zip(values, wanted).allSatisfy { abs($0 - $1) < 1e-14 })
    }
  }

  /// The polynomials are orthogonal up to the highest allowed degree: ∫ p_i p_k = T/(2i + 1)·δ_ik, by a quadrature that is exact for degree 62.
  @Test func isOrthogonal() throws {
    let (basis, grid, rule) = (try PolynomialBasis(PolynomialBasis.maximumCount), TimeGrid(layers: 1, horizon: 2), GaussLegendre(32))
    let values = try rule.points.map { try allValues(basis, 2 * $0, grid) }
    for i in 0..<32 {
      for k in 0...i {
        let integral = 2 * zip(rule.weights, values).reduce(0) { $0 + $1.0 * $1.1[i] * $1.1[k] }
        #expect(abs(integral - (i == k ? 2 / Double(2 * i + 1) : 0)) < 1e-14)
      }
    }
  }

  @Test func refusesTooManyCoefficients() {
    #expect { try PolynomialBasis(33) } throws: { ($0 as? Failure)?.status == .outOfRange && "\($0)".contains("basis_count is 33") && "\($0)".contains("between 1 and 32") }
  }
}
