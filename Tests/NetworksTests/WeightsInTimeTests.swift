import Networks
import Settings
import TestSupport
import Testing
import VectorFields

/// The contracts of Theory.md §4.1 for every basis of weights in time, on even and uneven grids.
@Suite struct WeightsInTimeTests {
  private static let pairs = [("antisymmetric", "euler"), ("hamiltonian", "verlet"), ("dense", "rk4"), ("antisymmetric", "implicit_midpoint"), ("dense", "heun")]
  private static let grids = [#""layers": 6"#, #""step_sizes": [0.2, 0.1, 0.3, 0.3, 0.05, 0.25]"#]

  private static func specifications(_ basis: String) throws -> [NetworkSpecification] {
    try pairs.flatMap { field, integrator in
      try grids.flatMap { grid in
        try ["float64", "float32"].map { precision in
          try specification(
            #"{"inputs": 3, "outputs": 4, "width": 6, "opening": "dense", "precision": "\#(precision)", "seed": 8, "blocks": [{"field": "\#(field)", "integrator": "\#(integrator)", "weights_in_time": "\#(basis)", \#(grid)}]}"#
          )
        }
      }
    }
  }

  private static func isDouble(_ specification: NetworkSpecification) throws -> Bool { try specification.network.text("precision") == "float64" }

  @Test(arguments: timeBases.names) func gradientsAreRight(_ basis: String) throws {
    for specification in try Self.specifications(basis) where try Self.isDouble(specification) {
      let order = try DerivativeCase(specification).taylorOrder(directions: 4)
      let json = try specification.json
      #expect(order > 1.9, "order \(order): \(json)")
    }
  }

  @Test(arguments: timeBases.names) func pullbackIsTheTransposeOfPushforward(_ basis: String) throws {
    for specification in try Self.specifications(basis) {
      let example = try DerivativeCase(specification)
      let (defect, drift) = (try example.adjointDefect(), try example.pairingDrift())
      let tolerance = try Self.isDouble(specification) ? 1e-12 : 1e-5
      let json = try specification.json
      #expect(defect < tolerance && drift < tolerance, "\(defect), \(drift): \(json)")
    }
  }

  /// For every basis the initial weights in the layers are as large as those of layers with their own weights, 1/√width: coefficients of variance v give a layer the variance v·Σp_i(t)², of which the mean
  /// over the layers is 1/width. The coefficients are drawn with this deviation: their root mean square lies within five standard errors, σ/√(2n).
  @Test(arguments: timeBases.names, [3, 12]) func firstWeightsAreAsLargeInTheLayers(_ basis: String, _ count: Int) throws {
    let counts = ["polynomial", "piecewise_linear", "b_spline", "piecewise_constant"].contains(basis) ? #", "basis_count": \#(max(count, basis == "b_spline" ? 4 : 1))"# : ""
    let network = try network(
      #"{"inputs": 64, "outputs": 64, "readout": "identity", "field": "dense", "bias": "none", "layers": 24, "integrator": "euler", "weights_in_time": "\#(basis)"\#(counts), "precision": "float64"}"#)
    let tensor = try network.tensor("blocks.0.K")
    let (grid, made) = (network.plan.blocks[0].grid, try timeBases(basis).make(network.plan.specification.blocks[0]))
    var (squares, values) = (0.0, Array(repeating: 0.0, count: made.support))
    for layer in 0..<24 {
      // Euler's method reads the weights at the beginning of a step.
      _ = made.evaluate(at: grid.time(layer), on: grid, into: &values)
      squares += inner(values, values)
    }
    guard case .normal(let deviation) = tensor.initial else { throw Failure(.internal, "K is drawn from a normal distribution") }
    #expect(abs(deviation * deviation * squares / 24 - 1.0 / 64) < 1e-15)
    let snapshot = network.snapshot
    let drawn = withExtendedLifetime(snapshot) { tensor.range.map { snapshot.parameters.load($0) } }
    let n = Double(drawn.count)
    #expect(abs(norm(drawn) / n.squareRoot() - deviation) < 5 * deviation / (2 * n).squareRoot())
  }

  /// A sample alone, in a batch, and in the loss sweep has the same scores, bit for bit, for any number of threads.
  @Test(arguments: timeBases.names) func bitsDoNotDependOnTheWay(_ basis: String) throws {
    for specification in try Self.specifications(basis) {
      let batch = try BatchCase(try Network(specification), samples: 70)
      let all = try batch.predict().bits
      #expect(try batch.predict(range: 69..<70).bits == Array(all.suffix(4)))
      let (one, two) = (try batch.lossGradient(threads: 1), try batch.lossGradient(threads: 2))
      #expect(one.result == two.result && one.gradient?.bits == two.gradient?.bits)
    }
  }
}
