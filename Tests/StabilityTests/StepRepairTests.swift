import Settings
import Stability
import TestSupport
import Testing

/// That what is named makes statements provable is tested by `test_certificate.py` and by the sweep of random networks; here the numbers themselves.
@Suite struct StepRepairTests {
  private static func repair(_ statement: String, _ block: String, _ weight: Double) throws -> [String: JSON] {
    let made = try network(#"{"inputs": 2, "outputs": 2, "precision": "float64", "width": 2, "layers": 1, \#(block)}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float64)
    for tensor in made.plan.tensors where tensor.name == "blocks.0.K" { numbers[tensor.range.lowerBound + 1] = weight }
    _ = try made.replaceParameters(with: numbers.vector)
    let certificate = try prove(statement, made)
    #expect(certificate.verdict != .proved)
    return Dictionary(uniqueKeysWithValues: certificate.repair.map { ($0.key, $0.value) })
  }

  private static func number(_ repair: [String: JSON], _ key: String) -> Double { repair[key]?.real ?? .nan }

  /// ‖S‖ = 1: 1 − 2h(γ − ½) + h²(γ + 1)² is 1 for h = (2γ − 1)/(γ + 1)², and for h = ¼ at the roots 1 and 5 of ¼γ² − 1.5γ + 1.25.
  @Test func dampingOutsideOfTheActivation() throws {
    let found = try Self.repair("contraction", #""field": "antisymmetric_damped", "gamma": 0.8, "horizon": 0.25"#, 2)
    #expect(abs(Self.number(found, "smallest_gamma") - 1) < 1e-5)
    #expect(abs(Self.number(found, "largest_step") - 0.6 / (1.8 * 1.8)) < 1e-5)
    // hs² + (1 + 2hγ)s = 2γ − hγ².
    let s = Self.number(found, "weight_factor")
    #expect(abs(0.25 * s * s + 1.4 * s - (1.6 - 0.16)) < 1e-5)
    let none = try Self.repair("contraction", #""field": "antisymmetric_damped", "gamma": 0.4, "horizon": 1"#, 2)
    #expect(none["smallest_gamma"] == nil && none["largest_step"] == nil && none["text"]?.text?.contains("0.333") == true)
  }

  /// hL(g² + s²) <= 2g.
  @Test func dampingInsideOfTheActivation() throws {
    let found = try Self.repair("energy", #""field": "antisymmetric", "gamma": 0.8, "horizon": 0.8"#, 2)
    #expect(abs(Self.number(found, "largest_step") - 0.8 / 1.16) < 1e-5)
    #expect(abs(Self.number(found, "smallest_gamma") - 1) < 1e-5)
    #expect(abs(Self.number(found, "weight_factor") - (1.0 - 0.16).squareRoot()) < 1e-5)
    #expect(try Self.repair("step_size", #""field": "antisymmetric", "gamma": 0, "horizon": 2"#, 2)["text"]?.text?.contains("with gamma 0 no step") == true)
  }

  /// The text names each number beside its member.
  @Test func theTextHasTheNumbers() throws {
    let found = try Self.repair("energy", #""field": "antisymmetric", "gamma": 0.8, "horizon": 0.8"#, 2)
    let text = try #require(found["text"]?.text)
    for (member, words) in [("largest_step", "steps of at most"), ("weight_factor", "the weights of all operators times"), ("smallest_gamma", "a gamma of")] {
      #expect(text.contains("\(words) \(Self.number(found, member)) (\(member))"), "\(text)")
    }
  }

  @Test func powersOfNormsAndSteps() throws {
    // K = [[0, w], [0, 0]] has the norm w.
    let flow = try Self.repair("non_expansive", #""field": "gradient_flow", "horizon": 8"#, 1)
    #expect(abs(Self.number(flow, "largest_step") - 2) < 1e-5 && abs(Self.number(flow, "weight_factor") - 0.5) < 1e-5)
    let leapfrog = try Self.repair("step_size", #""field": "second_order", "form": "gradient", "integrator": "leapfrog", "horizon": 8"#, 1)
    #expect(abs(Self.number(leapfrog, "largest_step") - 2) < 1e-5 && abs(Self.number(leapfrog, "weight_factor") - 0.25) < 1e-5)
  }
}
