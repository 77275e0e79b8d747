import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// A field and an integrator with the measure of their stability, from Theory.md §6.2 to §6.6: a function of h and the spectral norm of K or of ½(K − Kᵀ).
private struct StableCase: CustomTestStringConvertible, Sendable {
  let field: String
  var form: String?
  let integrator: String
  var gamma: Double?
  var isAntisymmetric = false
  var tensors = ["K"]
  /// The step is stable if this is ≤ 1.
  let measure: @Sendable (_ h: Double, _ norms: [Double]) -> Double
  var testDescription: String { "\(field)/\(integrator)" }
}

private let stableCases: [StableCase] = [
  StableCase(field: "hamiltonian", integrator: "verlet") { h, n in h * n[0] / 2 },
  StableCase(field: "hamiltonian_two_weight", integrator: "verlet", tensors: ["K1", "K2"]) { h, n in h * n[0] * n[1] / 2 },
  StableCase(field: "second_order", form: "gradient", integrator: "verlet") { h, n in h * h * n[0] * n[0] / 4 },
  StableCase(field: "second_order", form: "gradient", integrator: "leapfrog") { h, n in h * h * n[0] * n[0] / 4 },
  StableCase(field: "negative_definite", integrator: "leapfrog", tensors: ["C"]) { h, n in h * h * n[0] * n[0] / 4 },
  StableCase(field: "gradient_flow", integrator: "euler") { h, n in h * n[0] * n[0] / 2 },
  StableCase(field: "gradient_flow", integrator: "rk4") { h, n in h * n[0] * n[0] / 2 },
  StableCase(field: "antisymmetric", integrator: "rk4", gamma: 0, isAntisymmetric: true) { h, n in h * n[0] / 8.0.squareRoot() },
  StableCase(field: "antisymmetric", integrator: "ssprk3", gamma: 0, isAntisymmetric: true) { h, n in h * n[0] / 3.0.squareRoot() },
  StableCase(field: "antisymmetric", integrator: "midpoint", gamma: 0, isAntisymmetric: true) { h, n in h * n[0] },
  StableCase(field: "antisymmetric", integrator: "euler", gamma: 0.5, isAntisymmetric: true) { h, n in h * (0.0625 + n[0] * n[0]) / 0.5 },
]

/// σ_max by converged power iteration on WᵀW: a lower bound that is independent of the library's computation.
private func spectralNorm(_ rows: [[Double]]) -> Double {
  var x = rows[0].indices.map { 1 / Double($0 + 2) }
  var norm = 0.0
  for _ in 0..<3000 {
    let y = rows.map { zip($0, x).map(*).reduce(0, +) }
    x = rows[0].indices.map { j in zip(rows, y).reduce(0) { $0 + $1.0[j] * $1.1 } }
    let length = x.map { $0 * $0 }.reduce(0, +).squareRoot()
    guard length > 0 else { return 0 }
    x = x.map { $0 / length }
    norm = length.squareRoot()
  }
  return norm
}

/// The measure of the case for each layer.
private func measures(_ network: Network, _ stable: StableCase, h: Double) throws -> [Double] {
  let snapshot = network.snapshot
  return try withExtendedLifetime(snapshot) {
    let matrices = try stable.tensors.map { name -> [[[Double]]] in
      let tensor = try network.tensor("blocks.0.\(name)")
      let (rows, columns, all) = (tensor.shape[1], tensor.shape[2], snapshot.parameters[tensor.range].values)
      return (0..<tensor.shape[0]).map { layer in (0..<rows).map { i in (0..<columns).map { all[(layer * rows + i) * columns + $0] } } }
    }
    return (0..<matrices[0].count).map { layer in
      stable.measure(h, matrices.map { layers in
        let matrix = layers[layer]
        guard stable.isAntisymmetric else { return spectralNorm(matrix) }
        return spectralNorm(matrix.indices.map { i in matrix.indices.map { 0.5 * (matrix[i][$0] - matrix[$0][i]) } })
      })
    }
  }
}

/// The least share of the limit that two scaled factors have: each is scaled to 0.97 of its bound, which is up to 1 % too large.
private let sharpest = 0.97 * 0.97 / (1.01 * 1.01)

/// With the option every update respects the stability limit. The test trains with steps that would leave the set at once, with one update per epoch, and measures after each. Without the option the same training
/// leaves the set.
@Test(arguments: stableCases, [1.0, 0.5]) private func everyUpdateKeepsTheStepStable(_ stable: StableCase, share: Double) throws {
  let data = try ellipses()
  let h = 0.5
  var extra: [String: OptionValue] = [
    "field": .text(stable.field), "integrator": .text(stable.integrator), "layers": .integer(6), "horizon": .real(6 * h), "initial_scale": .real(4),
  ]
  if let form = stable.form { extra["form"] = .text(form) }
  if let gamma = stable.gamma { extra["gamma"] = .real(gamma) }
  var largest: [Double] = []
  for keeps in [true, false] {
    let network = try smallNetwork(extra: extra)
    let trainer = try trainer(network, ["epochs": .integer(10), "batch_size": .integer(200), "learning_rate": .real(0.2)])
    if keeps { try trainer.set("keep_stable", .real(share)) }
    var all: [Result<Double, any Error>] = []
    let failed = failure {
      _ = try trainer.run(training: data.training, onEvent: { event in
        // Between the ends of epochs the network still has its former parameters.
        if event.kind == .epoch { all.append(Result { try #require(try measures(network, stable, h: h).max()) }) }
        return 0
      })
    }
    // Unbounded training may overflow; then the epochs before count.
    #expect(failed == nil || (!keeps && failed?.status == .notFinite), "\(failed?.message ?? "")")
    let worst = try all.map { try $0.get() }.max() ?? 0
    #expect(!keeps || trainer.history.count == 10)
    largest.append(worst)
  }
  // The measure of antisymmetric with euler and γ = ½ is 1/16 + n² at h = ½; the share applies to n. Every other measure is proportional to the share, by one factor or two.
  let isQuadratic = stable.integrator == "euler" && stable.field == "antisymmetric"
  #expect(largest[0] <= (isQuadratic ? 0.0625 + 0.9375 * share * share : share), "kept")
  // The scaling is sharp: norms are scaled to 0.97 of their share of the limit, up to the accuracy of their bounds.
  #expect(largest[0] >= (isQuadratic ? 0.0625 + 0.9375 * sharpest * share * share : sharpest * share), "scaled no further than needed")
  #expect(largest[1] > 1, "the test needs a training that leaves the set")
}

@Test func pairsWithoutALimitAreRefused() throws {
  let data = try ellipses()
  func refusal(_ extra: [String: OptionValue]) throws -> Failure? {
    let trainer = try trainer(try smallNetwork(extra: extra), ["keep_stable": .real(1)])
    return failure { _ = try trainer.run(training: data.training) }
  }
  for (extra, word) in [
    (["field": OptionValue.text("dense")], "no bound"), (["field": .text("antisymmetric"), "gamma": .real(0)], "gamma"),
    (["field": .text("antisymmetric"), "gamma": .real(0), "integrator": .text("heun")], "imaginary"),
    (["field": .text("hamiltonian"), "integrator": .text("verlet"), "activation": .text("gelu")], "slopes"),
    (["field": .text("gradient_flow"), "integrator": .text("adams_bashforth2")], "no largest"),
    (["field": .text("gradient_flow"), "weights_in_time": .text("b_spline"), "basis_count": .integer(4)], "mixed"),
  ] {
    let found = try refusal(extra)
    #expect(found?.status == .incompatible && found?.message.contains(word) == true, "\(extra): \(found?.message ?? "")")
  }
}

/// Row sums make every step stable whatever K is, so that nothing is scaled; of a method with a smaller circle of contractivity that is not known.
@Test func rowSumsNeedNoLimit() throws {
  let flow: [String: OptionValue] = ["field": .text("gradient_flow"), "steps": .text("row_sums"), "initial_scale": .real(100)]
  for integrator in ["euler", "heun", "ssprk3", "rk4", "backward_euler"] {
    let network = try smallNetwork(extra: flow.merging(["integrator": .text(integrator)]) { $1 })
    let set = try #require(try StabilitySet(options(["keep_stable": .real(1)]), network.plan, threads: 1))
    let numbers = try Numbers(network.snapshot.parameters.values, .float32)
    let before = numbers.values
    #expect(!set.project(numbers.vector, try WorkerPool(threads: 1)) && numbers.values == before)
  }
  let refused = failure { _ = try StabilitySet(options(["keep_stable": .real(1)]),
    try smallNetwork(extra: flow.merging(["integrator": .text("rk3")]) { $1 }).plan, threads: 1) }
  #expect(refused?.status == .incompatible && refused?.message.contains("circle radius 1") == true)
}

/// Each of several unequal steps has its own limit. Layers that share weights have the limit of their largest step. Weights within the limit keep their bits.
@Test func limitsFollowTheSteps() throws {
  let field: [String: OptionValue] = ["field": .text("gradient_flow"), "bias": .text("none")]
  let uneven = StableCase(field: "", integrator: "") { h, n in h * n[0] * n[0] / 2 }
  func projected(_ extra: [String: OptionValue]) throws -> Network {
    var specification = NetworkSpecification()
    let shape: [String: OptionValue] = ["inputs": .integer(2), "outputs": .integer(2), "width": .integer(4), "precision": .text("float64"), "initial_scale": .real(20)]
    for (key, value) in shape.merging(field, uniquingKeysWith: { $1 }).merging(extra, uniquingKeysWith: { $1 }) { try specification.set(key, value) }
    let network = try Network(specification)
    let numbers = try Numbers(network.snapshot.parameters.values)
    let set = try #require(try StabilitySet(options(["keep_stable": .real(1)]), network.plan, threads: 1))
    #expect(set.project(numbers.vector, try WorkerPool(threads: 1)))
    try network.replaceParameters(with: numbers.vector)
    return network
  }
  let own = try projected(["step_sizes": .text("0.1,0.4,0.2")])
  // For leapfrog the limit uses the larger of two neighboring steps. This case does the same, which is safe.
  for (h, layer) in [(0.1, 0), (0.4, 1), (0.4, 2)] { #expect(try (sharpest...0.97 * 0.97).contains(measures(own, uneven, h: h)[layer])) }
  let shared = try projected(["step_sizes": .text("0.1,0.4,0.2"), "weights_in_time": .text("shared")])
  #expect(try (sharpest...0.97 * 0.97).contains(measures(shared, uneven, h: 0.4)[0]))
}

/// Bounds that are carried from iterate to iterate change no bit: a set that has processed every iterate gives the same result as a new one, for any number of threads.
@Test(arguments: [1, 2], Precision.allCases) func carriedBoundsChangeNothing(threads: Int, precision: Precision) throws {
  let extra: [String: OptionValue] = ["field": .text("hamiltonian_two_weight"), "integrator": .text("verlet"), "layers": .integer(6), "horizon": .real(3), "width": .integer(12)]
  let plan = try smallNetwork(precision: precision, extra: extra).plan
  let pool = try WorkerPool(threads: threads)
  func new(_ threads: Int) throws -> StabilitySet { try #require(try StabilitySet(options(["keep_stable": .real(0.8)]), plan, threads: threads)) }
  let old = try new(threads)
  let (single, one) = (try WorkerPool(threads: 1), 1)
  let weights = try Numbers(normal: plan.parameterCount, seed: 5, precision)
  scale(0.5, weights.vector)
  let push = try Numbers(normal: plan.parameterCount, seed: 6, precision)
  var scaled = 0
  for round in 0..<60 {
    // The weights grow, with a larger step from time to time.
    axpy(round % 7 == 0 ? 0.05 : 0.004, round % 3 == 0 ? push.vector : weights.vector, addingTo: weights.vector)
    let copied = try Numbers(weights.values, precision)
    let isChanged = old.project(weights.vector, pool)
    #expect(try new(one).project(copied.vector, single) == isChanged && copied.values == weights.values)
    scaled += isChanged ? 1 : 0
  }
  #expect(scaled > 3 && scaled < 57, "the test needs iterates inside and outside: \(scaled)")
}

/// A norm is bounded anew only once the weights have moved as far as the last bound leaves room for. A path of length P can use up a room r at most P/r times; without carried bounds each of the 200 updates
/// would bound the norm.
@Test func normsAreBoundedSeldom() throws {
  let extra: [String: OptionValue] = ["field": .text("antisymmetric"), "integrator": .text("rk4"), "layers": .integer(1), "horizon": .real(1), "width": .integer(16)]
  let plan = try smallNetwork(precision: .float64, extra: extra).plan
  let pool = try WorkerPool(threads: 1)
  func new() throws -> StabilitySet { try #require(try StabilitySet(options(["keep_stable": .real(1)]), plan, threads: 1)) }
  let range = try #require(plan.tensors.first { $0.name == "blocks.0.K" }).range
  let drawn = try Numbers(normal: range.count, seed: 5, .float64).values
  /// The parameters with c·K for the drawn K, and zeros elsewhere.
  func parameters(_ c: Double) throws -> Numbers {
    var values = Array(repeating: 0.0, count: plan.parameterCount)
    for (index, number) in zip(range, drawn) { values[index] = c * number }
    return try Numbers(values, .float64)
  }
  // The largest factor that a new set leaves as it is, from below.
  var (inside, outside) = (0.0, 1e3)
  for _ in 0..<40 {
    let middle = (inside + outside) / 2
    if try new().project(parameters(middle).vector, pool) { outside = middle } else { inside = middle }
  }
  // The norm of ½(K − Kᵀ) is at least its Frobenius norm divided by √16.
  var squares = 0.0
  for i in 0..<16 {
    for j in 0..<16 {
      let entry = 0.5 * (drawn[16 * i + j] - drawn[16 * j + i])
      squares += entry * entry
    }
  }
  let edge = inside * squares.squareRoot() / 4
  let set = try new()
  let weights = try parameters(inside / 2)
  #expect(!set.project(weights.vector, pool) && set.boundedNorms == 1)
  // 200 random updates, whose path is 1.6 times as long as the norm at the edge; they end within 0.12 times this norm, because random updates cancel.
  for round in 0..<200 {
    let update = try Numbers(normal: range.count, seed: UInt64(100 + round), .float64)
    axpy(1.6 * edge / 200 / sumOfSquares(update.vector).squareRoot(), update.vector, addingTo: weights.vector[range])
    #expect(!set.project(weights.vector, pool))
  }
  // The room is at least (1 − 0.5 − 0.12)/1.03 − 0.02 of the norm at the edge.
  #expect(set.boundedNorms <= 1 + Int(1.6 / 0.34))
}
