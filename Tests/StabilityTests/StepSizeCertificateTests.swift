import Networks
import Stability
import TestSupport
import Testing

/// The limits of E1–E4, just inside and just outside. Norms are known: K = k·[[0, 1], [0, 0]] has ‖K‖ = k and ‖½(K − Kᵀ)‖ = k/2.
@Suite struct StepSizeCertificateTests {
  private static func verdict(_ options: String, horizon: Double, k: Double, statement: String = "step_size") throws -> Verdict {
    let made = try network(#"{"inputs": 2, "outputs": 2, "precision": "float64", "bias": "none", "activation": "tanh", "opening": "zero_padding", "width": 2, "layers": 1, "horizon": \#(horizon), \#(options)}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float64)
    for tensor in made.plan.tensors where tensor.name.hasPrefix("blocks.") { numbers[tensor.range.lowerBound + 1] = k }
    _ = try made.replaceParameters(with: numbers.vector)
    return try prove(statement, made).verdict
  }

  /// h ≤ 2g/(g² + s²) with g = ½, s = 1: 0.8.
  @Test func eulerOnADampedRotation() throws {
    let options = #""field": "antisymmetric", "gamma": 1, "integrator": "euler""#
    #expect(try Self.verdict(options, horizon: 0.7999, k: 2) == .proved)
    #expect(try Self.verdict(options, horizon: 0.8001, k: 2) == .refuted)
    #expect(try Self.verdict(options.replacing("\"gamma\": 1", with: "\"gamma\": 0"), horizon: 1e-2, k: 2) == .refuted)
    #expect(try Self.verdict(options, horizon: 0.7999, k: 2, statement: "energy") == .proved)
    #expect(try Self.verdict(options, horizon: 0.8001, k: 2, statement: "energy") == .notProvable)
  }

  /// h‖K‖² ≤ 2r.
  @Test(arguments: [("euler", 2.0), ("heun", 2), ("ssprk3", 2), ("rk4", 2), ("rk3", 1)]) func descents(_ integrator: String, _ limit: Double) throws {
    let options = #""field": "gradient_flow", "integrator": "\#(integrator)""#
    for statement in ["step_size", "non_expansive"] {
      #expect(try Self.verdict(options, horizon: limit * 0.9999, k: 1, statement: statement) == .proved)
      let outside = try Self.verdict(options, horizon: limit * 1.0001, k: 1, statement: statement)
      #expect(integrator == "euler" ? outside == .refuted : outside == .notProvable)
    }
  }

  @Test func midpointVerletAndLeapfrog() throws {
    #expect(try Self.verdict(#""field": "antisymmetric", "integrator": "midpoint""#, horizon: 0.9999, k: 2) == .proved)
    #expect(try Self.verdict(#""field": "antisymmetric", "integrator": "midpoint""#, horizon: 1.0001, k: 2) == .refuted)
    #expect(try Self.verdict(#""field": "hamiltonian", "integrator": "verlet""#, horizon: 1.9999, k: 1) == .proved)
    #expect(try Self.verdict(#""field": "hamiltonian", "integrator": "verlet""#, horizon: 2.0001, k: 1) == .refuted)
    #expect(try Self.verdict(#""field": "hamiltonian_two_weight", "integrator": "verlet""#, horizon: 1.9999, k: 1) == .proved)
    #expect(try Self.verdict(#""field": "hamiltonian_two_weight", "integrator": "verlet""#, horizon: 2.0001, k: 1) == .notProvable)
    #expect(try Self.verdict(#""field": "second_order", "form": "gradient", "integrator": "leapfrog""#, horizon: 1.9999, k: 1) == .proved)
    #expect(try Self.verdict(#""field": "second_order", "form": "gradient", "integrator": "leapfrog""#, horizon: 2.0001, k: 1) == .refuted)
  }

  @Test func rungeKuttaOnTheImaginaryAxis() throws {
    let options = #""field": "antisymmetric", "integrator": "rk4""#
    #expect(try Self.verdict(options, horizon: 2.828, k: 2) == .proved)
    #expect(try Self.verdict(options, horizon: 2.829, k: 2) == .notProvable)
    // The same method as a tableau of Doubles, in which a third is no third.
    let tableau = #""field": "antisymmetric", "integrator": "runge_kutta", "tableau_a": "0.5,0,0.5,0,0,1", "tableau_b": "0.16666666666666666,0.3333333333333333,0.3333333333333333,0.16666666666666666", "tableau_order": 4"#
    #expect(try Self.verdict(tableau, horizon: 2.828, k: 2) == .notProvable)
  }

  /// Steps row_sums are within their limit for all weights, and a reason says which of integrator, activation and field is meant.
  @Test func rowSumsNeedNoLimit() throws {
    func made(_ options: String) throws -> Certificate { try prove("step_size", try certified(#"{"inputs": 2, "outputs": 2, "layers": 3, "horizon": 100, \#(options)}"#)) }
    for integrator in ["euler", "heun", "ssprk3", "rk4"] {
      let certificate = try made(#""field": "gradient_flow", "steps": "row_sums", "integrator": "\#(integrator)""#)
      #expect(certificate.verdict == .proved && certificate.hypotheses.map(\.name) == ["slopes", "row_sums", "row_sums", "row_sums"])
    }
    let reasons = [
      (#""field": "gradient_flow", "steps": "row_sums", "integrator": "linear_multistep""#, "integrator linear_multistep with steps row_sums"), (#""field": "gradient_flow", "integrator": "linear_multistep""#, "integrator linear_multistep"),
      (#""field": "gradient_flow", "activation": "gelu""#, "activation gelu"), (#""field": "dense""#, "field dense"),
    ]
    for (options, named) in reasons {
      let certificate = try made(options)
      #expect(certificate.verdict == .notProvable && certificate.reason?.contains(named) == true, "\(certificate.reason ?? "")")
    }
  }

  /// Activations whose slopes may be negative have no such limit.
  @Test func negativeSlopesVoidTheTheorems() throws {
    for statement in ["step_size", "non_expansive"] {
      let made = try certified(#"{"inputs": 2, "outputs": 2, "field": "gradient_flow", "activation": "gelu", "layers": 1, "horizon": 0.001}"#)
      #expect(try prove(statement, made).verdict == .notProvable)
    }
  }

  @Test func theRepairedStepIsProved() throws {
    let made = try certified(#"{"inputs": 3, "outputs": 3, "precision": "float64", "field": "gradient_flow", "layers": 3, "horizon": 60}"#)
    let certificate = try prove("step_size", made)
    #expect(certificate.verdict != .proved)
    let step = try #require(certificate.repair.first { $0.key == "largest_step" }?.value.real)
    let repaired = try network(#"{"inputs": 3, "outputs": 3, "precision": "float64", "field": "gradient_flow", "layers": 3, "horizon": \#(3 * step)}"#)
    _ = try repaired.replaceParameters(with: made.snapshot.parameters)
    #expect(try prove("step_size", repaired).verdict == .proved)
  }
}
