import Foundation
import LinearAlgebra
import Networks
import Settings
import Stability
import TestSupport
import Testing

/// A network with random weights for a case of the sweeps.
func certified(_ json: String, scale: Double = 1, seed: UInt64 = 1) throws -> Network {
  let made = try network(json)
  let numbers = try Numbers.normal(made.plan.parameterCount, made.plan.precision, seed: seed, deviation: scale)
  _ = try made.replaceParameters(with: numbers.vector)
  return made
}

func prove(_ statement: String, _ network: Network, _ options: String = "{}", input: [Double]? = nil) throws -> Certificate {
  let json = try JSON.read(options, limit: 1 << 20)
  guard let input else { return try Certificate.prove(statement, of: network, network.snapshot, json) }
  let numbers = try Numbers(input, network.plan.precision)
  return try Certificate.prove(statement, of: network, network.snapshot, json, input: numbers.view(rows: 1, columns: input.count))
}

@Suite struct CertificateRegistryTests {
  @Test(arguments: certificates.names) func everyStatementGivesAVerdictAndAText(_ statement: String) throws {
    for json in [
      #"{"inputs": 3, "outputs": 3, "width": 4, "field": "gradient_flow", "layers": 2}"#, #"{"inputs": 3, "outputs": 3, "width": 4, "field": "hamiltonian", "integrator": "verlet", "layers": 2}"#,
      #"{"inputs": 3, "outputs": 3, "width": 4, "field": "continuous_rnn", "layers": 2}"#, #"{"inputs": 3, "outputs": 3, "width": 4, "field": "antisymmetric_damped", "gamma": 3, "horizon": 0.1, "layers": 2}"#,
    ] {
      let certificate = try prove(statement, try network(json), input: statement == "certified_radius" ? [0.1, 0.2, 0.3] : nil)
      let text = try certificate.text(model: (String(repeating: "0", count: 64), 0), libraryVersion: "0")
      let read = try JSON.read(text, limit: 1 << 24)
      #expect(read["verdict"]?.text == certificate.verdict.name && read["statement"]?.text == statement)
      #expect((certificate.verdict == .proved) == (read["reason"] == nil))
      // What is not proved says what would be.
      #expect((certificate.verdict == .proved) == ((read["repair"]?["text"]?.text ?? "").isEmpty), "\(statement) \(json)")
      #expect(certificate.verdict != .proved || certificate.hypotheses.allSatisfy(\.holds))
      let claim = read["claim"]?.text ?? ""
      #expect(!claim.isEmpty && claim.range(of: #"\bstable\b"#, options: .regularExpression) == nil)
    }
  }

  @Test func optionsAreChecked() throws {
    let network = try network(#"{"inputs": 3, "outputs": 3, "layers": 2}"#)
    #expect(refusal { _ = try prove("lipschitz", network) }?.status == .unknownName)
    #expect(refusal { _ = try prove("volume", network, #"{"limit": 2}"#) }?.status == .incompatible)
    #expect(refusal { _ = try prove("certified_radius", network) }?.status == .invalidArgument)
    #expect(refusal { _ = try prove("lipschitz_l2", network, input: [0, 0, 0]) }?.status == .invalidArgument)
    #expect(refusal { _ = try prove("lipschitz_l2", network, #"{"limit": -1}"#) }?.status == .outOfRange)
  }
}
