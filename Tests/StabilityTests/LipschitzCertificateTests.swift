import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

@Suite struct LipschitzCertificateTests {
  @Test func theProductOfTheStagesIsTheBound() throws {
    let made = try certified(#"{"inputs": 4, "outputs": 3, "width": 5, "opening": "dense", "field": "dense", "layers": 3}"#, scale: 0.5)
    let certificate = try prove("lipschitz_l2", made)
    let stages = try #require(certificate.stages)
    let bound = try #require(certificate.results.first { $0.name == "lipschitz" }?.value)
    #expect(stages.map(\.stage.kind) == ["opening", "block", "readout"] && certificate.verdict == .proved)
    let product = stages.reduce(1) { $0 * $1.lipschitz }
    #expect(bound >= product * (1 - 1e-12) && bound <= product * (1 + 1e-12))
    #expect(stages[1].layers.count == 3)
  }

  @Test(arguments: ["lipschitz_l2", "lipschitz_linf"]) func limits(_ statement: String) throws {
    let made = try certified(#"{"inputs": 4, "outputs": 3, "width": 5, "opening": "dense", "precision": "float64", "field": "dense", "layers": 2}"#, scale: 0.5)
    let first = try prove(statement, made)
    let bound = try #require(first.results.first?.value)
    #expect(try prove(statement, made, #"{"limit": \#(bound.nextUp)}"#).verdict == .proved)
    #expect(try prove(statement, made, #"{"limit": \#(bound * 0.999999)}"#).verdict == .notProvable)
    #expect(try prove(statement, made, #"{"limit": \#(bound * 1e-4)}"#).verdict == (statement == "lipschitz_l2" ? .refuted : .notProvable))
  }

  /// Of 4 layers, as many of the first ones as keep Λ within the limit.
  @Test(arguments: ["lipschitz_l2", "lipschitz_linf"]) func theDeepestBlockIsNamed(_ statement: String) throws {
    func made(_ layers: Int) throws -> Network {
      try certified(#"{"inputs": 4, "outputs": 4, "readout": "identity", "precision": "float64", "field": "dense", "layers": \#(layers), "horizon": \#(0.25 * Double(layers)), "bias": "none"}"#, scale: 0.5)
    }
    let deep = try made(4)
    func first(_ layers: Int) throws -> Network {
      let part = try made(layers)
      let numbers = try Numbers(part.plan.parameterCount, .float64)
      for index in 0..<numbers.count { numbers[index] = deep.snapshot.parameters.load(index) }
      _ = try part.replaceParameters(with: numbers.vector)
      return part
    }
    let bound = try #require(try prove(statement, try first(2)).results.first?.value)
    let options = #"{"limit": \#(bound * (1 + 1e-9))}"#
    let certificate = try prove(statement, deep, options)
    #expect(certificate.verdict != .proved && certificate.repair.first { $0.key == "most_layers" }?.value.real == 2)
    #expect(try prove(statement, try first(2), options).verdict == .proved)
    #expect(try prove(statement, try first(3), options).verdict != .proved)
    // No single layer is within a limit below 1.
    #expect(try !prove(statement, deep, #"{"limit": 0.01}"#).repair.contains { $0.key == "most_layers" })
  }

  /// Weights at both ends of the range of float32 have the norms of those of size 1, times their scale: ‖R‖(1 + hL‖K‖²)‖W‖.
  @Test(arguments: [1e-30, 1e30]) func scaledWeights(_ scale: Double) throws {
    func stages(_ scale: Double) throws -> [Double] {
      let made = try certified(#"{"inputs": 4, "outputs": 3, "width": 5, "opening": "dense", "field": "gradient_flow", "activation": "gelu", "layers": 1}"#, scale: scale)
      let certificate = try prove("lipschitz_l2", made)
      #expect(certificate.verdict == .proved && certificate.results.first?.name == "lipschitz")
      let stages = try #require(certificate.stages).map(\.lipschitz)
      let bound = certificate.results[0].value
      #expect(abs(bound / stages.reduce(1, *) - 1) < 1e-12)
      return stages
    }
    let (found, plain) = (try stages(scale), try stages(1))
    let expected = [plain[0] * scale, 1 + (plain[1] - 1) * scale * scale, plain[2] * scale]
    for (value, wanted) in zip(found, expected) { #expect(abs(value / wanted - 1) < 1e-5, "\(found), \(expected)") }
  }
}
