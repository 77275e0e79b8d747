import Foundation
import Integrators
import LinearAlgebra
import Networks
import Settings
import Stability
import TestSupport
import Testing

/// Numbers of a report; figures against an independent NumPy program are in the Python tests.
@Suite struct StabilityReportTests {
  static func report(_ network: Network, _ features: [Double], samples: Int = 1, _ options: [(String, OptionValue)] = []) throws -> Report {
    var values = OptionValues(scope: "stability_report", stabilityReportOptions)
    for (key, value) in options { try values.set(key, value) }
    return try StabilityReport.make(network, try Numbers(features, .float64).view(rows: samples, columns: features.count / samples), values)
  }

  /// The statement of a block whose sense contains `sense`.
  static func statement(_ report: Report, _ sense: String) throws -> JSON {
    try #require(report.document["statements"]?.elements?.first { $0["sense"]?.text?.contains(sense) == true }, "no statement of \(sense)")
  }

  private func set(_ network: Network, _ name: String, _ values: [Double]) throws {
    try network.replace(try network.tensor(name), with: try Numbers(values, .float64).view(rows: 1, columns: values.count))
  }

  /// Re λ(K) = −½, but with slopes 1 and 0.1 the Jacobian is unstable (Theory.md §6.12).
  @Test func stabilityIsThatOfTheJacobianAndNotOfK() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "field": "dense", "layers": 1, "horizon": 0.1, "precision": "float64"}"#)
    try set(network, "blocks.0.K", [1, -3, 1, -2])
    // tanh' = 1 − tanh² = 0.1 at atanh √0.9.
    try set(network, "blocks.0.b", [0, Foundation.atanh(0.9.squareRoot())])
    let report = try Self.report(network, [0, 0])
    let eigenvalues = try report.array("eigenvalues").values
    #expect(abs(eigenvalues.load(0) - (0.4 + 0.06.squareRoot())) < 1e-14 && abs(eigenvalues.load(2) - (0.4 - 0.06.squareRoot())) < 1e-14)
    #expect(try Self.statement(report, "Re λ(J)")["holds"]?.bool == false)
    let euler = try Self.statement(report, "absolute stability of euler for the frozen Jacobians")
    #expect(euler["holds"]?.bool == false && euler["violated_layers"]?.elements?.count == 1)
    #expect(try report.array("largest_step").values.load(0) == 0)
  }

  /// [HR]'s recipe for the Swiss roll, antisymmetric layers with forward Euler and little or no damping, does not meet [HR]'s own criterion |1 + hλ| ≤ 1.
  @Test(arguments: [(0.0, 1024), (0.0, 16), (1e-3, 64)]) func publishedRecipeIsOutsideItsOwnCriterion(_ gamma: Double, _ layers: Int) throws {
    let network = try network(
      #"{"inputs": 2, "outputs": 2, "width": 4, "field": "antisymmetric", "gamma": \#(gamma), "integrator": "euler", "layers": \#(layers), "horizon": 20.0, "seed": 2, "precision": "float64"}"#)
    let report = try Self.report(network, [0.3, -0.4], [("singular_values", .integer(0)), ("lyapunov_exponents", .integer(0)), ("region_points", .integer(0))])
    let statement = try Self.statement(report, "absolute stability of euler for the frozen Jacobians")
    #expect(statement["holds"]?.bool == false && (statement["value"]?.real ?? 0) > 1 + 1e-5)
    // The criterion of the differential equation, Re λ <= 0, holds all the same.
    #expect(try Self.statement(report, "Re λ(J)")["holds"]?.bool == true)
  }

  /// E1 for linear fields: h ≤ γ/(γ²/4 + ω²) for the eigenvalues −γ/2 ± iω.
  @Test func largestStepOfDampedRotation() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "field": "antisymmetric", "gamma": 0.8, "activation": "identity", "layers": 2, "horizon": 0.2, "precision": "float64"}"#)
    try set(network, "blocks.0.K", [0, 1.5, -1.5, 0, 0, 1.5, -1.5, 0])
    let report = try Self.report(network, [1, 2])
    #expect(abs(try report.array("largest_step").values.load(0) - 0.8 / (0.16 + 2.25)) < 1e-5)
    #expect(abs(try report.array("log_norm_2").values.load(1) + 0.4) < 1e-14)
    #expect(abs(try report.array("log_norm_inf").values.load(1) - 1.1) < 1e-14)
    #expect(abs(try report.array("amplification").values.load(0) - Foundation.hypot(1 - 0.04, 0.15)) < 1e-14)
  }

  /// Singular values and exponents of a rotation by an implicit midpoint step are those of an orthogonal map.
  @Test func rotationsNeitherGrowNorShrink() throws {
    let network = try network(
      #"{"inputs": 3, "outputs": 2, "width": 5, "field": "antisymmetric", "gamma": 0.0, "activation": "identity", "integrator": "implicit_midpoint", "layers": 6, "seed": 4, "precision": "float64"}"#)
    let report = try Self.report(network, [1, 2, -1])
    let singular = try report.array("singular_values")
    #expect(singular.shape == [1, 7, 5])
    for index in 0..<singular.count { #expect(abs(singular.values.load(index) - 1) < 1e-11) }
    let exponents = try report.array("lyapunov_exponents")
    for index in 0..<exponents.count { #expect(abs(exponents.values.load(index)) < 1e-11) }
    let energy = try report.array("energy_change")
    for index in 0..<energy.count { #expect(abs(energy.values.load(index)) < 1e-12) }
  }

  /// [HR]'s energy along Verlet steps: its change over a whole trajectory falls with the square of the step size.
  @Test func energyOfHamiltonianLayersDrifts() throws {
    let drifts = try [20, 40, 80].map { layers -> Double in
      let network = try network(
        #"{"inputs": 2, "outputs": 2, "width": 3, "field": "hamiltonian", "integrator": "verlet", "weights_in_time": "shared", "layers": \#(layers), "horizon": 2.0, "seed": 7, "precision": "float64"}"#)
      let change = try Self.report(network, [0.8, -0.5]).array("energy_change")
      return abs((0..<change.count).reduce(0) { $0 + change.values.load($1) })
    }
    #expect(drifts[0] > 1e-6 && drifts[0] / drifts[1] > 1.7 && drifts[1] / drifts[2] > 1.7)
  }

  @Test func multistepNetworksHaveAModifiedEquation() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "field": "dense", "integrator": "linear_multistep", "layers": 4, "horizon": 2.0, "seed": 1, "precision": "float64"}"#)
    try set(network, "blocks.0.k", [-0.5, 0.25, 0])
    let report = try Self.report(network, [0.1, 0.2])
    let (k, time, acceleration) = (try report.array("multistep_k").values, try report.array("effective_time").values, try report.array("acceleration").values)
    #expect([0, 3, 6, 9].map { k.load($0) } == [0, -0.5, 0.25, 0])
    for (index, expected) in [0.5, 1.5, 1.9, 2.4].enumerated() { #expect(abs(time.load(index) - expected) < 1e-14) }
    for (index, expected) in [0.25, 0.375, 0.1875, 0.25].enumerated() { #expect(abs(acceleration.load(index) - expected) < 1e-14) }
  }

  /// Images of many rows: eigenvalues are left out with the reason; singular values, exponents and a bound of μ₂ are there.
  @Test func imagesAreAnalyzedByProducts() throws {
    let network = try network(
      #"{"input_shape": [1, 12, 12], "outputs": 2, "width": 2, "field": "antisymmetric", "operator": "convolution", "layers": 3, "seed": 3, "precision": "float32"}"#)
    let report = try Self.report(network, (0..<144).map { Foundation.sin(Double($0)) })
    #expect(report.document["omitted"]?.elements?.contains { $0["what"]?.text?.contains("eigenvalues") == true } == true)
    #expect(try report.array("eigenvalues").shape == [1, 3, 0, 2])
    #expect(try report.array("singular_values").values.load(0) > 0.9)
    #expect(try report.array("log_norm_2").values.load(0).isFinite && report.array("amplification").values.load(0).isNaN)
  }

  /// No text says "stable" without its sense: "stable" occurs nowhere by itself.
  @Test(arguments: ["euler", "rk4", "verlet", "leapfrog", "linear_multistep"]) func noBareVerdict(_ integrator: String) throws {
    let field = integrator == "verlet" ? "hamiltonian" : "antisymmetric"
    let network = try network(#"{"inputs": 2, "outputs": 2, "field": "\#(field)", "integrator": "\#(integrator)", "layers": 3}"#)
    let text = try Self.report(network, [0.5, -1]).document.written()
    for word in ["is stable", "is unstable", "network stable"] { #expect(!text.contains(word)) }
    #expect(text.contains("absolute stability of"))
  }

  @Test func refusals() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "layers": 3}"#)
    #expect(refusal { _ = try Self.report(network, Array(repeating: 0, count: 2 * 1025), samples: 1025) }?.status == .outOfRange)
    #expect(refusal { _ = try Self.report(network, [0, .nan]) }?.status == .invalidData)
    #expect(refusal { _ = try Self.report(network, [0, 0], [("dense_limit", .integer(161))]) }?.status == .outOfRange)
    #expect(refusal { _ = try Watch(isCancelled: { true }).asCurrent { try Self.report(network, [0, 0]) } }?.status == .cancelled)
  }

  /// leapfrog steps ÿ = f(y), of which eigenvalues with a negative real part, logarithmic norms and energies of ẏ = f(y) say nothing.
  @Test(arguments: [#""field": "antisymmetric", "gamma": 0.5"#, #""field": "gradient_flow""#, #""field": "second_order", "form": "gradient""#]) func accelerationsHaveNeitherEnergyNorContraction(_ field: String) throws {
    func report(_ integrator: String) throws -> Report {
      try Self.report(try network(#"{"inputs": 2, "outputs": 2, "width": 3, \#(field), "integrator": "\#(integrator)", "layers": 3, "seed": 4, "precision": "float64"}"#), [0.5, -1])
    }
    let leapfrog = try report("leapfrog")
    let senses = leapfrog.document["statements"]?.elements?.compactMap { $0["sense"]?.text } ?? []
    #expect(senses.contains { $0.contains("absolute stability of leapfrog") } && !senses.contains { $0.contains("contraction") || $0.contains("Re λ") }, "\(senses)")
    #expect(leapfrog.document["omitted"]?.elements?.contains { $0["what"]?.text?.contains("energy_change") == true } == true)
    let change = try leapfrog.array("energy_change")
    #expect((0..<change.count).allSatisfy { change.values.load($0).isNaN })
    guard !field.contains("second_order") else { return }
    let euler = try report("euler")
    let others = euler.document["statements"]?.elements?.compactMap { $0["sense"]?.text } ?? []
    #expect(others.contains { $0.contains("contraction in ℓ₂") } && others.contains { $0.contains("contraction in ℓ∞") } && others.contains { $0.contains("Re λ") }, "\(others)")
    #expect(try euler.array("energy_change").values.load(0).isFinite)
  }

  /// The first layer of linear_multistep is a step of Euler. With a k of its own for each channel the channel with the largest radius counts, also where there are as many channels as a complex number has parts.
  @Test(arguments: [("scalar", [-0.6]), ("per_channel", [-0.6, 0.3]), ("per_channel", [0.3, -0.6])]) func everyLayerOfAMultistepSchemeHasARadius(_ shape: String, _ k: [Double]) throws {
    let network = try network(
      #"{"inputs": 2, "outputs": 2, "width": 2, "opening": "zero_padding", "field": "dense", "activation": "identity", "integrator": "linear_multistep", "multistep_shape": "\#(shape)", "layers": 2, "horizon": 1.0, "precision": "float64"}"#)
    try set(network, "blocks.0.K", [-0.5, -2, 2, -0.5, -0.5, -2, 2, -0.5])
    try set(network, "blocks.0.k", k)
    let report = try Self.report(network, [1, 2])
    let (radius, step) = (try report.array("stability_radius").values, try report.array("largest_step").values)
    // hλ = −¼ + i.
    #expect(abs(radius.load(0) - Foundation.hypot(0.75, 1)) < 1e-12)
    let expected = try k.map { try StabilityFunction(LinearMultistep(), own: [$0]).radius(ComplexNumber(-0.25, 1)) }
    #expect(try abs(radius.load(1) - #require(expected.max())) < 1e-9 && Set(expected).count == k.count)
    // |1 + s(−½ + 2i)| = 1 at s = 1/4.25.
    #expect(abs(step.load(0) - 1 / 4.25) < 1e-5)
  }
}
