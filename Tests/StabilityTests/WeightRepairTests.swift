import LinearAlgebra
import Networks
import Settings
import Stability
import TestSupport
import Testing

@Suite struct WeightRepairTests {
  /// Members of a network's blocks with steps that are too long, and the statements that are repaired.
  static let cases: [(String, String)] = [
    (#""field": "gradient_flow", "horizon": 30"#, "non_expansive"), (#""field": "gradient_flow", "horizon": 30"#, "step_size"), (#""field": "gradient_flow", "integrator": "rk4", "horizon": 30"#, "non_expansive"),
    (#""field": "gradient_flow", "hidden_width": 9, "weights_in_time": "shared", "step_sizes": "9,3,20""#, "step_size"), (#""field": "negative_definite", "horizon": 30"#, "step_size"),
    (#""field": "rotate_relax", "integrator": "cayley", "horizon": 30"#, "non_expansive"), (#""field": "antisymmetric", "gamma": 0.5, "horizon": 3"#, "step_size"),
    (#""field": "antisymmetric", "integrator": "midpoint", "horizon": 9"#, "step_size"), (#""field": "antisymmetric", "integrator": "rk4", "horizon": 30"#, "step_size"),
    (#""field": "antisymmetric_damped", "gamma": 0.5, "horizon": 3"#, "non_expansive"), (#""field": "antisymmetric_damped", "gamma": 0.5, "horizon": 3"#, "step_size"),
    (#""field": "hamiltonian", "integrator": "verlet", "horizon": 30"#, "step_size"), (#""field": "hamiltonian_two_weight", "integrator": "verlet", "horizon": 30"#, "step_size"),
    (#""field": "second_order", "form": "gradient", "integrator": "leapfrog", "horizon": 30"#, "step_size"), (#""field": "antisymmetric_damped", "gamma": 0.5, "horizon": 3"#, "contraction"),
    (#""field": "antisymmetric", "gamma": 0.5, "horizon": 3"#, "energy"), (#""field": "gradient_flow", "integrator": "linear_multistep", "horizon": 30"#, "absolute_stability"),
  ]

  private static func distance(_ a: Network, _ b: Network) -> Double {
    let (x, y) = (a.snapshot, b.snapshot)
    return norm((0..<a.plan.parameterCount).map { x.parameters.load($0) - y.parameters.load($0) })
  }

  @Test(arguments: cases.indices, Precision.allCases) func repairedNetworksAreProved(_ index: Int, _ precision: Precision) throws {
    let (block, statement) = Self.cases[index]
    let layers = block.contains("step_sizes") ? "" : #", "layers": 3"#
    let made = try certified(#"{"inputs": 6, "outputs": 3, "precision": "\#(precision.name)", "activation": "tanh", \#(block)\#(layers)}"#, seed: 3)
    let before = try prove(statement, made)
    #expect(before.verdict != .proved)
    let (repaired, distance) = try Certificate.repaired(statement, made, made.snapshot)
    #expect(try prove(statement, repaired).verdict == .proved)
    let measured = Self.distance(made, repaired)
    #expect(measured <= distance && distance < measured * (1 + 1e-12) && distance > 0)
    let told = try #require(before.repair.first { $0.key == "distance" }?.value.real)
    #expect(abs(told - distance) < 1e-3 * distance)
    // What is proved is left as it is.
    #expect(try Certificate.repaired(statement, repaired, repaired.snapshot).distance == 0)
  }

  /// One layer: the distance is that of the singular values above √(2/h), up to 10⁻⁵ of that.
  @Test func theChangeIsTheNearest() throws {
    let made = try certified(#"{"inputs": 7, "outputs": 3, "precision": "float64", "field": "gradient_flow", "bias": "none", "layers": 1, "horizon": 8}"#, seed: 2)
    let snapshot = made.snapshot
    let tensor = try made.tensor("blocks.0.K")
    let k = tensor.range.map { snapshot.parameters.load($0) }
    var gram = [Double](repeating: 0, count: 49)
    for i in 0..<7 { for j in 0..<7 { gram[7 * i + j] = (0..<7).reduce(0) { $0 + k[7 * i + $1] * k[7 * j + $1] } } }
    let limit = (2.0 / 8).squareRoot()
    let smallest = norm(try #require(DenseSpectrum.symmetricEigenvalues(gram, order: 7)).map { max(max($0, 0).squareRoot() - limit, 0) })
    let distance = try Certificate.repaired("non_expansive", made, snapshot).distance
    #expect(distance >= smallest && distance < smallest + 1e-5 * limit * 7)
  }

  @Test(arguments: Precision.allCases) func theReadoutIsClippedToALimit(_ precision: Precision) throws {
    let made = try certified(#"{"inputs": 6, "outputs": 3, "width": 8, "opening": "dense", "precision": "\#(precision.name)", "field": "gradient_flow", "layers": 2, "horizon": 0.1}"#, seed: 3)
    let bound = try #require(try prove("lipschitz_l2", made).results.first { $0.name == "lipschitz" }?.value)
    let options = #"{"limit": \#(bound / 3)}"#
    let (repaired, distance) = try Certificate.repaired("lipschitz_l2", made, made.snapshot, try JSON.read(options, limit: 1 << 10))
    let after = try prove("lipschitz_l2", repaired, options)
    #expect(after.verdict == .proved && distance > 0)
    #expect(try #require(after.results.first { $0.name == "lipschitz" }?.value) > bound / 3 * (1 - 2e-5))
    for tensor in made.plan.tensors where tensor.name != "readout.W" {
      let (x, y) = (made.snapshot, repaired.snapshot)
      #expect(tensor.range.allSatisfy { x.parameters.load($0) == y.parameters.load($0) })
    }
    #expect(try prove("lipschitz_l2", made, options).repair.contains { $0.key == "distance" })
  }

  /// The readout's rows are projected on the ball of ℓ₁ whose size the limit allows; behind a normalization, where its columns are scaled, they are multiplied by a factor.
  @Test(arguments: Precision.allCases) func theReadoutsRowsAreProjectedOnALimit(_ precision: Precision) throws {
    let made = try certified(#"{"inputs": 6, "outputs": 3, "width": 8, "opening": "dense", "precision": "\#(precision.name)", "field": "gradient_flow", "layers": 2, "horizon": 0.1}"#, scale: 0.5, seed: 3)
    let bound = try #require(try prove("lipschitz_linf", made).results.first { $0.name == "lipschitz" }?.value)
    let options = #"{"limit": \#(bound / 3)}"#
    let (repaired, distance) = try Certificate.repaired("lipschitz_linf", made, made.snapshot, try JSON.read(options, limit: 1 << 10))
    let after = try prove("lipschitz_linf", repaired, options)
    #expect(after.verdict == .proved && abs(Self.distance(made, repaired) - distance) < 1e-12 * distance)
    #expect(try #require(after.results.first { $0.name == "lipschitz" }?.value) > bound / 3 * (1 - 2e-5))
    let readout = try made.tensor("readout.W")
    let rows = (0..<3).map { row in (0..<8).map { made.snapshot.parameters.load(readout.range.lowerBound + 8 * row + $0) } }
    let most = (rows.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 0) / 3
    var square = 0.0
    for row in rows {
      // θ by bisection.
      var (low, high) = (0.0, 10.0)
      for _ in 0..<100 {
        let middle = 0.5 * (low + high)
        if row.reduce(0, { $0 + max(abs($1) - middle, 0) }) > most { low = middle } else { high = middle }
      }
      square += row.reduce(0) { $0 + min(abs($1), high) * min(abs($1), high) }
    }
    #expect(abs(distance - square.squareRoot()) < 1e-4 * distance)
    #expect(try prove("lipschitz_linf", made, options).repair.contains { $0.key == "distance" })
  }

  /// k becomes the nearest number in (−1, 1].
  @Test(arguments: Precision.allCases) func numbersKAreMovedIntoTheirInterval(_ precision: Precision) throws {
    let made = try network(#"{"inputs": 2, "outputs": 2, "precision": "\#(precision.name)", "field": "dense", "integrator": "linear_multistep", "layers": 5}"#)
    let place = try made.tensor("blocks.0.k").range
    let numbers = try Numbers(made.plan.parameterCount, precision)
    for (index, k) in zip(place, [1.5, -3, 0.25, 1]) { numbers[index] = k }
    _ = try made.replaceParameters(with: numbers.vector)
    let before = try prove("zero_stability", made)
    #expect(before.verdict == .refuted)
    let (repaired, distance) = try Certificate.repaired("zero_stability", made, made.snapshot)
    let above = precision == .float32 ? Double(Float(-1).nextUp) : (-1.0).nextUp
    #expect(place.map { repaired.snapshot.parameters.load($0) } == [1, above, 0.25, 1])
    #expect(try prove("zero_stability", repaired).verdict == .proved)
    #expect(abs(distance - 4.25.squareRoot()) < 1e-6 && before.repair.contains { $0.key == "distance" })
    #expect(Self.distance(made, repaired) <= distance)
  }

  /// Each statement has a change of the weights that makes it provable, or a reason why no weights do, which a refusal says by the statement's name.
  @Test(arguments: certificates.names) func everyStatementIsRepairedOrSaysWhyNot(_ statement: String) throws {
    let failing: [String: (String, String)] = [
      "lipschitz_l2": (#""field": "dense""#, #"{"limit": 0.1}"#), "lipschitz_linf": (#""field": "dense""#, #"{"limit": 0.1}"#), "non_expansive": (#""field": "gradient_flow", "horizon": 30"#, "{}"),
      "step_size": (#""field": "gradient_flow", "horizon": 30"#, "{}"), "contraction": (#""field": "antisymmetric_damped", "gamma": 0.5, "horizon": 3"#, "{}"), "certified_radius": (#""field": "dense""#, "{}"),
      "zero_stability": (#""field": "dense", "integrator": "linear_multistep""#, "{}"), "absolute_stability": (#""field": "gradient_flow", "integrator": "linear_multistep", "horizon": 30"#, "{}"),
      "volume": (#""field": "dense""#, "{}"), "energy": (#""field": "antisymmetric", "gamma": 0.5, "horizon": 3"#, "{}"), "port_hamiltonian": (#""field": "dense""#, "{}"),
    ]
    let (block, options) = try #require(failing[statement])
    let made = try certified(#"{"inputs": 4, "outputs": 3, "layers": 3, \#(block)}"#, scale: statement == "zero_stability" ? 3 : 1, seed: 3)
    let json = try JSON.read(options, limit: 1 << 10)
    if let reason = try certificates(statement).withoutRepair {
      let failure = refusal { _ = try Certificate.repaired(statement, made, made.snapshot, json) }
      #expect(failure?.status == .incompatible && failure?.message.contains("statement \(statement) provable: \(reason)") == true)
      #expect(!Certificate.repairable.contains(statement))
    } else {
      #expect(try prove(statement, made, options).verdict != .proved)
      let (repaired, distance) = try Certificate.repaired(statement, made, made.snapshot, json)
      #expect(try prove(statement, repaired, options).verdict == .proved && distance > 0)
    }
  }

  @Test func kernelsAreMultipliedByAFactor() throws {
    let made = try certified(#"{"input_shape": [2, 4, 4], "outputs": 3, "width": 3, "field": "gradient_flow", "operator": "convolution", "layers": 2, "horizon": 4}"#, seed: 3)
    let (repaired, _) = try Certificate.repaired("non_expansive", made, made.snapshot)
    #expect(try prove("non_expansive", repaired).verdict == .proved)
    let tensor = try made.tensor("blocks.0.K")
    let (x, y) = (made.snapshot, repaired.snapshot)
    let size = tensor.range.count / 2
    for layer in 0..<2 {
      let range = tensor.range.lowerBound + layer * size..<tensor.range.lowerBound + (layer + 1) * size
      let factors = range.map { y.parameters.load($0) / x.parameters.load($0) }
      #expect(factors.allSatisfy { abs($0 - factors[0]) < 1e-6 } && factors[0] < 1)
    }
  }

  @Test func whatNoWeightsRepairIsRefused() throws {
    func refused(_ statement: String, _ block: String, _ options: String = "{}") throws -> Failure? {
      let made = try certified(#"{"inputs": 4, "outputs": 4, \#(block)}"#)
      return refusal { _ = try Certificate.repaired(statement, made, made.snapshot, try JSON.read(options, limit: 1 << 10)) }
    }
    #expect(try refused("volume", #""field": "dense""#)?.message.contains("lipschitz_l2, lipschitz_linf, non_expansive, step_size, contraction, zero_stability, absolute_stability and energy") == true)
    #expect(try refused("volum", #""field": "dense""#)?.status == .unknownName)
    // γ = 0 allows no step of euler; a dense field has no theorem; gelu has negative slopes; without a readout there is nothing to clip.
    for (statement, block, options) in [
      ("step_size", #""field": "antisymmetric""#, "{}"), ("non_expansive", #""field": "dense""#, "{}"), ("step_size", #""field": "gradient_flow", "activation": "gelu""#, "{}"),
      ("lipschitz_l2", #""field": "dense", "readout": "identity""#, #"{"limit": 0.1}"#),
    ] { #expect(try refused(statement, block, options)?.status == .incompatible, "\(block)") }
  }
}
