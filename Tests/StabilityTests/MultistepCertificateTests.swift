import Networks
import Stability
import TestSupport
import Testing

@Suite struct MultistepCertificateTests {
  private static func made(_ k: Double, field: String = "gradient_flow", weight: Double = 1, horizon: Double = 3) throws -> Network {
    let made = try network(#"{"inputs": 2, "outputs": 2, "precision": "float64", "width": 2, "field": "\#(field)", "integrator": "linear_multistep", "layers": 3, "horizon": \#(horizon)}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float64)
    for tensor in made.plan.tensors {
      if tensor.name == "blocks.0.k" { for index in tensor.range { numbers[index] = k } }
      if tensor.name == "blocks.0.K" { for layer in 0..<3 { numbers[tensor.range.lowerBound + 4 * layer] = layer == 0 ? min(weight, 1) : weight } }
    }
    _ = try made.replaceParameters(with: numbers.vector)
    return made
  }

  @Test(arguments: [(-1.0, Verdict.refuted), ((-1.0).nextUp, .proved), (0, .proved), (1, .proved), (1.0.nextUp, .refuted)]) func zeroStability(_ k: Double, _ verdict: Verdict) throws {
    let certificate = try prove("zero_stability", try Self.made(k))
    #expect(certificate.verdict == verdict && certificate.hypotheses.count == 4)
    #expect((certificate.witness == nil) == (verdict == .proved))
  }

  /// h = 1, ‖K‖ = 1: 1 ≤ 2(1 − k).
  @Test func absoluteStability() throws {
    #expect(try prove("absolute_stability", try Self.made(0.4999)).verdict == .proved)
    #expect(try prove("absolute_stability", try Self.made(0.5001)).verdict == .notProvable)
    #expect(try prove("absolute_stability", try Self.made(-0.5, weight: 1.7)).verdict == .proved)
    #expect(try prove("absolute_stability", try Self.made(0, field: "antisymmetric")).verdict == .notProvable)
  }

  @Test func anotherIntegratorIsNotTheSubject() throws {
    #expect(try prove("zero_stability", try network(#"{"inputs": 2, "outputs": 2, "layers": 2}"#)).reason?.contains("linear_multistep") == true)
  }
}
