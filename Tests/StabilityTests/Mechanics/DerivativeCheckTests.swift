import LinearAlgebra
import Networks
import Settings
import Stability
import TestSupport
import Testing

@Suite struct DerivativeCheckTests {
  private static let cases = [
    #""field": "antisymmetric", "gamma": 0.1, "layers": 5"#,
    #""field": "hamiltonian", "integrator": "verlet", "bias": "scalar", "layers": 4"#,
    #""field": "gradient_flow", "integrator": "rk4", "layers": 3, "weights_in_time": "b_spline", "basis_count": 4"#,
    #""field": "dense", "integrator": "linear_multistep", "multistep_shape": "per_channel", "layers": 4"#,
    #""field": "second_order", "integrator": "leapfrog", "weights_in_time": "shared", "layers": 4"#,
    #""field": "antisymmetric", "integrator": "implicit_midpoint", "layers": 3"#,
    #""field": "dense", "integrator": "revnet", "layers": 3"#,
    #""field": "rotate_relax", "integrator": "cayley", "layers": 3"#,
  ]

  @Test(arguments: cases, Precision.allCases) func derivativesOfNetworksHold(_ options: String, _ precision: Precision) throws {
    let network = try network(#"{"inputs": 3, "outputs": 2, "width": 4, "seed": 5, "precision": "\#(precision.name)", \#(options)}"#)
    let report = try DerivativeCheck.make(network, try Numbers([0.3, -0.8, 1.1, -0.2, 0.6, 0.9], .float64).view(rows: 2, columns: 3))
    let text = try report.document.written()
    #expect(report.document["holds"]?.bool == true, "\(text)")
    let (states, parameters) = (try report.array("state_difference"), try report.array("parameter_difference"))
    #expect(states.shape[0] == 2 && parameters.shape[1] == report.document["groups"]?.elements?.count)
    let worst = (0..<states.count).reduce(0.0) { max($0, states.values.load($1)) }
    #expect(worst < (precision == .float64 ? 1e-13 : 1e-5), "\(worst)")
    try DerivativeCheck.require(network, try Numbers([0.3, -0.8, 1.1], .float64).view(rows: 1, columns: 3))
  }

  /// A difference beyond the limit is a failure that names the link. Only a limit below rounding finds one in the library's own fields; a wrong pullback is found in AdjointCheckTests.
  @Test func differencesBeyondTheLimitAreFailures() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "width": 4, "layers": 9, "seed": 5, "precision": "float32"}"#)
    let features = try Numbers([0.3, -0.8], .float64).view(rows: 1, columns: 2)
    let document = try DerivativeCheck.make(network, features, limit: 0).document
    #expect(document["holds"]?.bool == false)
    let worst = try #require(document["statements"]?.elements?.first { $0["holds"]?.bool == false })
    let (place, difference) = (try #require(worst["at"]?.text), try #require(worst["value"]?.real))
    #expect(difference > 0 && difference < 1e-5 && document["links"]?.elements?.contains { $0.text == place } == true)
    let failure = try #require(refusal { try DerivativeCheck.require(network, features, limit: 0) })
    #expect(failure.status == .internal && failure.message.contains("at \(place), for sample 0") && failure.message.contains("\(difference)"), "\(failure.message)")
  }

  /// Weights that are scaled by their norm have the derivatives of the scaling, too.
  @Test(arguments: [
    #""inputs": 3, "width": 4, "opening": "dense", "opening_norm": "tight", "readout_norm": "row_sums", "layers": 2"#,
    #""inputs": 3, "blocks": [{"connector": "dense", "features": 4, "norm": "aol", "activation": "tanh"}, {"field": "dense", "layers": 2}, {"connector": "dense", "features": 3, "norm": "row_sums"}]"#,
    #""input_shape": [1, 3, 1], "blocks": [{"connector": "convolution", "channels": 2, "norm": "row_sums"}, {"field": "gradient_flow", "steps": "row_sums", "operator": "convolution", "layers": 2}]"#,
    #""inputs": 3, "width": 4, "opening": "dense", "field": "gradient_flow", "steps": "tight", "loss": "emma", "layers": 2"#,
    #""inputs": 3, "width": 4, "opening": "dense", "field": "gradient_flow", "steps": "row_sums", "loss": "margin_cross_entropy", "layers": 2"#,
  ], Precision.allCases) func scaledWeightsHaveRightDerivatives(_ options: String, _ precision: Precision) throws {
    let network = try network(#"{"outputs": 2, "seed": 5, "precision": "\#(precision.name)", \#(options)}"#)
    let report = try DerivativeCheck.make(network, try Numbers([0.3, -0.8, 1.1, -0.2, 0.6, 0.9], .float64).view(rows: 2, columns: 3))
    let text = try report.document.written()
    #expect(report.document["holds"]?.bool == true, "\(text)")
    let parameters = try report.array("parameter_difference")
    let worst = (0..<parameters.count).reduce(0.0) { max($0, parameters.values.load($1)) }
    #expect(worst < (precision == .float64 ? 1e-13 : 1e-5), "\(worst)")
  }
}
