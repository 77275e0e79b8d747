import Foundation
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct NearIdentityGapTests {
  private static let samples = 70

  /// A network of N layers over [0, 1], whose weights are the values of a smooth θ(t) at the times of the layers.
  private func network(_ field: String, layers: Int, integrator: String = "near_identity", precision: Precision = .float64) throws -> Network {
    let network = try TestSupport.network(
      #"{"inputs": 3, "outputs": 2, "width": 4, "opening": "dense", "field": "\#(field)", "integrator": "\#(integrator)", "layers": \#(layers), "seed": 3, "precision": "\#(precision.name)"}"#)
    let (w, b) = (try network.tensor("blocks.0.w"), try network.tensor("blocks.0.b"))
    let times = (0..<layers).map { Double($0) / Double(layers) }
    let weights = times.flatMap { t in (0..<16).map { Foundation.sin(Double($0 * $0) + 2 * t) } }
    let biases = times.flatMap { t in (0..<4).map { Foundation.cos(Double($0) + 3 * t) } }
    try network.replace(w, with: try Numbers(weights, .float64).view(rows: 4 * layers, columns: 4))
    try network.replace(b, with: try Numbers(biases, .float64).view(rows: layers, columns: 4))
    return network
  }

  private func features(_ samples: Int = samples, _ columns: Int = 3) throws -> TensorView {
    try Numbers.normal(samples * columns, .float64, seed: 9).view(rows: samples, columns: columns)
  }

  /// [RU]: the layers agree with the equation up to O(h). All three solutions use the weights θ(t) at the beginning of each step, so every gap halves with the step size.
  @Test(arguments: ["linear_cubic", "linear_activation"]) func theGapIsOfFirstOrder(_ field: String) throws {
    let gaps = try [64, 128, 256].map { try nearIdentityGap(try network(field, layers: $0), try features()) }
    for (name, figure) in [("euler", \NearIdentityGap.layersToEuler), ("flow", \.layersToFlow), ("euler to flow", \.eulerToFlow)] {
      for index in 0..<2 {
        let (coarse, fine) = (gaps[index][keyPath: figure], gaps[index + 1][keyPath: figure])
        #expect(abs(log2(coarse.rootMeanSquare / fine.rootMeanSquare) - 1) < 0.15, "\(name)")
        #expect(abs(log2(coarse.largest / fine.largest) - 1) < 0.15, "\(name)")
        #expect(coarse.largest > coarse.rootMeanSquare && coarse.rootMeanSquare > 0)
      }
    }
  }

  /// The gap agrees with the difference, computed here, between the final states of the same network with each integrator. 300 samples fill more than one tile.
  @Test(arguments: Precision.allCases) func isTheDifferenceOfTheTwoNetworks(_ precision: Precision) throws {
    let features = try features(300)
    func finals(_ integrator: String) throws -> [Double] {
      let network = try network("linear_activation", layers: 8, integrator: integrator, precision: precision)
      let predictor = try Predictor(network, maximumBatch: 300, threads: 1)
      let states = try (0...8).map { _ in try Numbers(300 * 4, .float64) }
      try predictor.states(block: 0, features) { states[$0].target(rows: 300, columns: 4) }
      return states[8].values
    }
    let (layers, euler) = (try finals("near_identity"), try finals("euler"))
    let differences = zip(layers, euler).map { abs($0 - $1) }
    let gap = try nearIdentityGap(try network("linear_activation", layers: 8, integrator: "rk4", precision: precision), features)
    #expect(gap.layersToEuler.largest == differences.max())
    // The sum of 1200 squares, in another order.
    #expect(abs(gap.layersToEuler.rootMeanSquare - norm(differences) / 1200.0.squareRoot()) < 1e-13)
    // rk4 with one step per layer instead of 16 is accurate enough here: its error is O(h⁴).
    let flow = try finals("rk4")
    #expect(abs(gap.layersToFlow.rootMeanSquare / (norm(zip(layers, flow).map { $0 - $1 }) / 1200.0.squareRoot()) - 1) < 0.01)
  }

  /// A block behind another one starts from the same states as in the network.
  @Test func measuresABlockBehindAnother() throws {
    let blocks = #"[{"field": "dense", "layers": 3}, {"field": "linear_cubic", "integrator": "near_identity", "layers": 5}]"#
    let network = try TestSupport.network(#"{"inputs": 3, "outputs": 2, "precision": "float64", "seed": 2, "blocks": \#(blocks)}"#)
    let gap = try nearIdentityGap(network, block: 1, try features())
    #expect(gap.layersToEuler.largest > 0)
    #expect(refusal { _ = try nearIdentityGap(network, block: 0, try features()) }?.status == .incompatible)
    #expect(refusal { _ = try nearIdentityGap(network, block: 2, try features()) }?.status == .outOfRange)
    #expect(refusal { _ = try nearIdentityGap(network, block: 1, try features(5, 2)) }?.status == .shapeMismatch)
  }

  /// If the cubic term makes a state overflow, an error reports it.
  @Test func aSolutionThatExplodesIsAnErrorWithItsRow() throws {
    let network = try TestSupport.network(
      #"{"inputs": 3, "outputs": 2, "field": "linear_cubic", "cubic_rate": 1000, "integrator": "near_identity", "layers": 30, "horizon": 30, "precision": "float64"}"#)
    let failure = refusal { _ = try nearIdentityGap(network, try features()) }
    #expect(failure?.status == .notFinite && failure?.message.hasPrefix("row 0: ") == true)
  }
}
