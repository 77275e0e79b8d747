import Networks
import Stability
import TestSupport
import Testing

@Suite struct ContractionCertificateTests {
  /// γ > ½‖S‖ with ‖S‖ = 1: γ > ½, and then h(γ + 1)² < 2(γ − ½).
  private static func verdict(gamma: Double, horizon: Double) throws -> Certificate {
    let made = try network(#"{"inputs": 2, "outputs": 2, "precision": "float64", "width": 2, "field": "antisymmetric_damped", "gamma": \#(gamma), "layers": 1, "horizon": \#(horizon)}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float64)
    for tensor in made.plan.tensors where tensor.name == "blocks.0.K" { numbers[tensor.range.lowerBound + 1] = 2 }
    _ = try made.replaceParameters(with: numbers.vector)
    return try prove("contraction", made)
  }

  @Test func limitsOfDampingAndStep() throws {
    #expect(try Self.verdict(gamma: 0.51, horizon: 0.0087).verdict == .proved)
    #expect(try Self.verdict(gamma: 0.51, horizon: 0.0088).verdict == .notProvable)
    let undamped = try Self.verdict(gamma: 0.499, horizon: 1e-6)
    #expect(undamped.verdict == .notProvable)
    let smallest = try #require(undamped.repair.first { $0.key == "smallest_gamma" }?.value.real)
    #expect(smallest > 0.5 && smallest < 0.5001)
    let damped = try Self.verdict(gamma: 1, horizon: 0.1)
    let factor = try #require(damped.results.first { $0.name == "factor" }?.value)
    // √(1 − 0.1 + 0.04).
    #expect(abs(factor - 0.94.squareRoot()) < 1e-5)
  }
}
