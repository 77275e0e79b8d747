import Foundation
import Networks
import Stability
import TestSupport
import Testing

@Suite struct GeometryCertificatesTests {
  @Test func volumes() throws {
    for field in ["hamiltonian", "hamiltonian_two_weight", "hamiltonian_h"] {
      #expect(try prove("volume", try certified(#"{"inputs": 4, "outputs": 2, "field": "\#(field)", "integrator": "verlet", "layers": 3}"#, scale: 5)).verdict == .proved)
      // Euler's step of the same field does not keep them.
      #expect(try prove("volume", try certified(#"{"inputs": 4, "outputs": 2, "field": "\#(field)", "integrator": "euler", "layers": 3}"#)).verdict == .notProvable)
    }
  }

  @Test func portHamiltonianFlows() throws {
    #expect(try prove("port_hamiltonian", try certified(#"{"inputs": 4, "outputs": 2, "field": "port_hamiltonian", "layers": 2}"#)).verdict == .proved)
    #expect(try prove("port_hamiltonian", try certified(#"{"inputs": 4, "outputs": 2, "field": "port_hamiltonian", "activation": "sin", "layers": 2}"#)).verdict == .notProvable)
    #expect(try prove("port_hamiltonian", try certified(#"{"inputs": 4, "outputs": 2, "field": "gradient_flow", "layers": 2}"#)).verdict == .notProvable)
  }

  /// The energy along Euler's steps with constant weights, where the certificate says that it does not increase.
  @Test func energiesDoNotIncrease() throws {
    let made = try certified(
      #"{"inputs": 4, "outputs": 4, "width": 4, "opening": "zero_padding", "precision": "float64", "field": "antisymmetric", "gamma": 2, "activation": "tanh", "layers": 30, "horizon": 6, "weights_in_time": "shared", "bias": "none"}"#,
      scale: 0.3)
    #expect(try prove("energy", made).verdict == .proved)
    let k = try #require(made.plan.tensors.first { $0.name == "blocks.0.K" })
    let weights = (0..<16).map { made.snapshot.parameters.load(k.range.lowerBound + $0) }
    let x = try Numbers.normal(4, .float64, seed: 3)
    let states = (0...30).map { _ in Numbers.zeros(4) }
    try Predictor(made, maximumBatch: 1, threads: 1).states(block: 0, x.view(rows: 1, columns: 4)) { states[$0].target(rows: 1, columns: 4) }
    func energy(_ y: Numbers) -> Double {
      (0..<4).reduce(0.0) { sum, i in
        let z = (0..<4).reduce(0.0) { $0 + (0.5 * (weights[4 * i + $1] - weights[4 * $1 + i]) - (i == $1 ? 1 : 0)) * y[$1] }
        return sum + log(cosh(z))
      }
    }
    for (before, after) in zip(states, states.dropFirst()) { #expect(energy(after) <= energy(before) + 1e-12) }
  }
}

extension Numbers {
  fileprivate static func zeros(_ count: Int) -> Numbers {
    guard let made = try? Numbers(count, .float64) else { preconditionFailure("no memory for a test") }
    return made
  }
}
