import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

@Suite struct NonExpansiveCertificateTests {
  /// The largest |N(x) − N(y)|/|x − y| over random pairs; the network is its block alone.
  private static func largestRatio(_ network: Network, pairs: Int, seed: UInt64) throws -> Double {
    let n = network.plan.inputs
    let x = try Numbers.normal(2 * pairs * n, .float64, seed: seed, deviation: 3)
    for pair in 0..<pairs {
      // Half of the pairs are close.
      guard pair % 2 == 0 else { continue }
      for i in 0..<n { x[(2 * pair + 1) * n + i] = x[2 * pair * n + i] + 1e-4 * x[(2 * pair + 1) * n + i] }
    }
    let out = try Numbers(2 * pairs * network.plan.outputs, .float64)
    let predictor = try Predictor(network, maximumBatch: 2 * pairs, threads: 1)
    _ = try predictor.run(x.view(rows: 2 * pairs, columns: n), .scores, into: out.target(rows: 2 * pairs, columns: network.plan.outputs), pool: nil)
    func distance(_ numbers: Numbers, _ pair: Int, _ width: Int) -> Double { norm((0..<width).map { numbers[2 * pair * width + $0] - numbers[(2 * pair + 1) * width + $0] }) }
    return (0..<pairs).map { distance(out, $0, network.plan.outputs) / distance(x, $0, n) }.max() ?? 0
  }

  /// Random networks of the fields that the statement is about: none that is proved moves two states apart.
  @Test func provedNetworksDoNotExpand() throws {
    var proved = 0
    for seed in 1...60 as ClosedRange<UInt64> {
      let activation = ["tanh", "relu", "sigmoid", "softplus", "elu", "leaky_relu", "smooth_relu"][Int(seed) % 7]
      let field = [
        #""field": "gradient_flow""#, #""field": "gradient_flow", "steps": "row_sums""#, #""field": "antisymmetric_damped", "gamma": \#(1 + Double(seed % 5))"#, #""field": "rotate_relax", "integrator": "cayley""#,
        #""field": "gradient_flow", "integrator": "rk4""#,
      ][Int(seed) % 5]
      let horizon = [0.02, 0.2, 1, 4][Int(seed) % 4]
      let made = try certified(
        #"{"inputs": 5, "outputs": 5, "readout": "identity", "loss": "least_squares", "opening": "zero_padding", "width": 5, "precision": "float64", "activation": "\#(activation)", "layers": 3, "horizon": \#(horizon), \#(field)}"#,
        scale: 0.6, seed: seed)
      guard try prove("non_expansive", made).verdict == .proved else { continue }
      proved += 1
      #expect(try Self.largestRatio(made, pairs: 200, seed: seed) <= 1 + 1e-10)
    }
    #expect(proved > 20)
  }

  @Test func theWitnessReplays() throws {
    let made = try certified(
      #"{"inputs": 3, "outputs": 3, "readout": "identity", "loss": "least_squares", "opening": "zero_padding", "width": 3, "precision": "float64", "activation": "tanh", "layers": 1, "horizon": 9, "field": "gradient_flow"}"#)
    let certificate = try prove("non_expansive", made)
    #expect(certificate.verdict == .refuted)
    let witness = try #require(certificate.witness)
    let (x, y) = (witness["x"]?.elements?.compactMap(\.real) ?? [], witness["y"]?.elements?.compactMap(\.real) ?? [])
    let both = try Numbers(x + y, .float64)
    let out = try Numbers(6, .float64)
    _ = try Predictor(made, maximumBatch: 2, threads: 1).run(both.view(rows: 2, columns: 3), .scores, into: out.target(rows: 2, columns: 3), pool: nil)
    let ratio = norm((0..<3).map { out[$0] - out[3 + $0] }) / norm(zip(x, y).map { $0 - $1 })
    #expect(abs(ratio - (witness["ratio"]?.real ?? 0)) < 1e-6 && ratio > 1)
  }

  /// Theory.md §6.12: frozen eigenvalues on the imaginary axis do not mean that distances do not grow.
  @Test func imaginaryEigenvaluesProveNothing() throws {
    for (inputs, integrator) in [(2, "euler"), (8, "rk4"), (8, "euler")] {
      let made = try certified(#"{"inputs": \#(inputs), "outputs": 2, "width": \#(inputs), "activation": "tanh", "field": "antisymmetric", "integrator": "\#(integrator)", "layers": 40, "horizon": 4}"#, scale: 2)
      #expect(try prove("non_expansive", made).verdict != .proved)
      #expect(try prove("contraction", made).verdict != .proved)
    }
  }
}
