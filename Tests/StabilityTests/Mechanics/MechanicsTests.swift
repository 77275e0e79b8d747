import Foundation
import LinearAlgebra
import Networks
import Settings
import Stability
import TestSupport
import Testing

@Suite struct MechanicsTests {
  static func report(_ network: Network, _ features: [Double], labels: [Int32]? = nil, cotangent: [Double] = [], symmetry: [Double]? = nil, _ options: [(String, OptionValue)] = []) throws -> Report {
    var values = OptionValues(scope: "mechanics", mechanicsOptions)
    for (key, value) in options { try values.set(key, value) }
    let samples = labels?.count ?? cotangent.count / network.plan.outputs
    let view = try Numbers(features, .float64).view(rows: samples, columns: network.plan.inputs)
    if let labels { return try labels.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { throw Failure(.internal, "no labels") }
      return try Mechanics.make(network, view, .targets(.labels(base)), symmetry: symmetry, values)
    } }
    return try Mechanics.make(network, view, .cotangent(try Numbers(cotangent, .float64).view(rows: samples, columns: network.plan.outputs)), symmetry: symmetry, values)
  }

  private static func values(_ report: Report, _ name: String) throws -> [Double] {
    let array = try report.array(name)
    return (0..<array.count).map { array.values.load($0) }
  }

  private func constant(_ integrator: String, layers: Int, field: String = "antisymmetric") throws -> Network {
    try network(
      #"{"inputs": 4, "outputs": 3, "field": "\#(field)", "gamma": 0.1, "integrator": "\#(integrator)", "weights_in_time": "shared", "layers": \#(layers), "horizon": 2.0, "seed": 11, "precision": "float64"}"#)
  }

  private static let sample = [0.4, -0.7, 0.9, 0.2]

  private func drift(_ integrator: String, layers: Int) throws -> Double {
    let h = try Self.values(Self.report(try constant(integrator, layers: layers), Self.sample, labels: [1]), "hamiltonian")
    return (h.max() ?? 0) - (h.min() ?? 0)
  }

  /// [RU]: with constant weights H is constant along the flow, so that its drift is the scheme's error.
  @Test(arguments: [("euler", 1.0), ("heun", 2.0), ("rk4", 4.0)]) func hamiltonianDriftsAtTheSchemesOrder(_ integrator: String, _ order: Double) throws {
    let drifts = try [20, 40, 80].map { try drift(integrator, layers: $0) }
    for index in 0..<2 { #expect(abs(log2(drifts[index] / drifts[index + 1]) - order) < 0.3, "\(integrator): \(drifts)") }
  }

  @Test func hamiltonianOfRungeKuttaHolds() throws {
    #expect(try drift("rk4", layers: 160) < 1e-9)
  }

  @Test(arguments: ["euler", "rk4", "verlet", "leapfrog", "linear_multistep", "implicit_midpoint"]) func momentumTimesTangentIsConstant(_ integrator: String) throws {
    let network = try network(
      #"{"inputs": 4, "outputs": 3, "field": "\#(integrator == "verlet" ? "hamiltonian" : "antisymmetric")", "integrator": "\#(integrator)", "layers": 12, "seed": 3, "precision": "float64"}"#)
    let products = try Self.values(Self.report(network, Self.sample, labels: [2]), "p_dot_v")
    let size = products.map(abs).max() ?? 0
    #expect(size > 0 && products.allSatisfy { abs($0 - products[0]) < 1e-13 * max(size, 1) }, "\(products)")
  }

  /// dH/dt is a·(∂f/∂θ)θ̇ where the weights change, up to the scheme's error; the two parts add up.
  @Test func powerOfChangingWeights() throws {
    let network = try network(
      #"{"inputs": 4, "outputs": 3, "field": "antisymmetric", "integrator": "rk4", "weights_in_time": "polynomial", "basis_count": 3, "layers": 64, "horizon": 2.0, "seed": 2, "precision": "float64"}"#)
    let rates = try Self.report(network, Self.sample, labels: [0]).array("hamiltonian_rate")
    for row in 0..<63 {
      let (whole, power, rest) = (rates.values.load(3 * row), rates.values.load(3 * row + 1), rates.values.load(3 * row + 2))
      #expect(abs(whole - power - rest) < 1e-12)
    }
  }

  /// Phase space keeps its volume; Verlet layers keep that of (y, z) and are symplectic for fields that have an energy of positions and momenta.
  @Test func volumesAndSymplecticity() throws {
    let network = try network(
      #"{"inputs": 3, "outputs": 2, "field": "hamiltonian_two_weight", "integrator": "verlet", "layers": 10, "horizon": 3.0, "seed": 6, "precision": "float64"}"#)
    let report = try Self.report(network, [0.5, -0.3, 0.8], labels: [1])
    #expect(abs(try Self.values(report, "phase_determinant")[0] - 1) < 1e-8)
    #expect(try Self.values(report, "symplectic_defect")[0] < 1e-11)
    #expect(abs(try Self.values(report, "log_density_change")[0]) < 1e-11)
    let damped = try Self.report(try constant("rk4", layers: 40), Self.sample, labels: [1])
    #expect(abs(try Self.values(damped, "phase_determinant")[0] - 1) < 1e-8)
    // The entropy falls by the integral of the divergence, up to the quadrature's error.
    let entropy = try Self.values(damped, "entropy_change")
    #expect(entropy[0] < -0.01 && abs(entropy[0] - entropy[1]) < 1e-3)
  }

  /// Noether: an antisymmetric linear field commutes with itself, so that a·Ky is conserved by its flow, and constant along implicit midpoint steps.
  @Test func linearSymmetriesConserve() throws {
    let network = try network(
      #"{"inputs": 2, "outputs": 2, "field": "antisymmetric", "gamma": 0.0, "bias": "none", "activation": "identity", "integrator": "implicit_midpoint", "layers": 8, "horizon": 2.0, "seed": 1, "precision": "float64"}"#)
    let report = try Self.report(network, [0.7, -0.2], cotangent: [1, -0.5], symmetry: [0, 1, -1, 0])
    let noether = try Self.values(report, "noether")
    #expect(abs(noether[0]) > 1e-3 && noether.allSatisfy { abs($0 - noether[0]) < 1e-12 })
    #expect(try Self.values(report, "symmetry_defect").allSatisfy { $0 < 1e-13 })
    let broken = try Self.report(network, [0.7, -0.2], cotangent: [1, -0.5], symmetry: [1, 0, 0, 2])
    #expect(try Self.values(broken, "symmetry_defect").allSatisfy { $0 > 1e-3 })
    #expect(refusal { _ = try Self.report(network, [0.7, -0.2], cotangent: [1, -0.5], symmetry: [1]) }?.status == .shapeMismatch)
  }

  /// Hamilton's and Lagrange's equations hold up to the order of the trapezoidal rule.
  @Test func residualsFallWithTheStep() throws {
    let sizes = try [40, 80].map { layers -> [Double] in
      let report = try Self.report(try constant("rk4", layers: layers), Self.sample, labels: [1])
      return [try Self.values(report, "hamilton_residual").max() ?? 0, try Self.values(report, "lagrangian").map(abs).max() ?? 0]
    }
    for index in 0..<2 { #expect(sizes[0][index] / sizes[1][index] > 3.5, "\(sizes)") }
  }

  /// The margins of a loss follow from all weights, and mechanics does not compute them: momenta begin with a cotangent then. A radius of 0 asks for no margins.
  @Test(arguments: ["emma", "margin_cross_entropy"]) func lossesWithMarginsNeedACotangent(_ loss: String) throws {
    func made(_ loss: String) throws -> Network {
      try network(#"{"inputs": 4, "outputs": 3, "field": "gradient_flow", "steps": "tight", "layers": 3, "seed": 11, "precision": "float64", "loss": \#(loss)}"#)
    }
    let adverse = try made(#""\#(loss)""#)
    let refused = refusal { _ = try Self.report(adverse, Self.sample, labels: [1]) }
    #expect(refused?.status == .incompatible && refused?.message.contains("give a cotangent of the scores") == true, "\(refused?.message ?? "")")
    let given = try Self.values(Self.report(adverse, Self.sample, cotangent: [1, 0, -1]), "momenta")
    #expect(given.contains { $0 != 0 } && given.allSatisfy(\.isFinite))
    let (plain, without) = (try made(#""softmax_cross_entropy""#), try made(#""\#(loss)", "margin_radius": 0"#))
    #expect(try Self.values(Self.report(without, Self.sample, labels: [1]), "momenta") == Self.values(Self.report(plain, Self.sample, labels: [1]), "momenta"))
  }
}
