import Glibc
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

/// Networks of trajectories whose equations have known terms.
@Suite struct KnownTermsPlanTests {
  /// Schemes of every kind that takes known terms, with fields of one and of two components.
  private static let pairs = Combination.pairs.filter { pair in
    let names = pair.split(separator: " ").map(String.init)
    guard ["dense", "hamiltonian", "two_layer", "port_hamiltonian", "gradient_flow"].contains(names[0]), names[1] != "verlet" else { return false }
    return (try? integrators.standard(names[1])).map { $0.takesOwnSteps && $0.fieldCount == 1 } == true
  }

  private func trajectory(_ combination: Combination, memory: String = "store_all") throws -> NetworkSpecification {
    var made = try combination.specification(inputs: 7, opening: "trajectory", memory: memory)
    try made.set("channels", .integer(4))
    try made.set("known_terms", .flag(true))
    return made
  }

  /// Gives every sample times of its own.
  private func setTimes(_ features: Numbers, samples: Int, _ specification: NetworkSpecification) throws {
    let interval = try specification.blocks[0].real("horizon") / 2
    for sample in 0..<samples {
      let (begin, own) = (0.2 * Double(sample % 5), interval * (0.3 + 0.1 * Double(sample % 8)))
      for (place, time) in [begin, begin + own, begin + own + (sample % 4 == 3 ? 0 : interval)].enumerated() { features[7 * sample + 4 + place] = time }
    }
  }

  /// Every pair keeps the contracts in parameters, first states and times.
  @Test(arguments: pairs) func derivativesAreExact(_ pair: String) throws {
    for combination in Combination.of(pair) where combination.bias == "vector" && combination.activation == "tanh" {
      let specification = try trajectory(combination)
      let terms = SmoothTerms()
      let example = try DerivativeCase(specification, terms: terms)
      try setTimes(example.features, samples: example.samples, specification)
      let (order, defect) = (try example.taylorOrder(), try example.adjointDefect())
      #expect(order > 1.9, "order \(order): \(combination)")
      #expect(defect < (combination.precision == .float64 ? 1e-12 : 1e-5), "defect \(defect): \(combination)")
      #expect(terms.calls > 0)
    }
  }

  /// The bits depend neither on threads nor on tiles, batches or the memory policy.
  @Test(arguments: ["dense rk4", "hamiltonian dopri5", "dense implicit_midpoint", "two_layer reversible"]) func bitsAreTheSame(_ pair: String) throws {
    for combination in Combination.of(pair) where combination.bias == "vector" && combination.activation == "tanh" {
      let specification = try trajectory(combination)
      let network = try Network(specification)
      try network.plan.knownTerms?.set(SmoothTerms())
      let batch = try BatchCase(network, samples: 33)
      try setTimes(batch.features, samples: 33, specification)
      let one = try batch.lossGradient()
      let several = try batch.lossGradient(threads: 3)
      #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits, "\(combination)")
      for policy in [StoreEvery(2) as any MemoryPolicy, try Binomial(checkpoints: 2)] {
        #expect(try batch.lossGradient(memory: policy).gradient?.bits == one.gradient?.bits, "\(combination)")
      }
      let scores = try batch.predict().bits
      for sample in [0, 16, 32] { #expect(try batch.predict(range: sample..<sample + 1).bits == Array(scores[4 * sample..<4 * sample + 4]), "\(combination), sample \(sample)") }
    }
  }

  private static let linear =
    #"{"precision": "float64", "opening": "trajectory", "channels": 2, "inputs": 7, "outputs": 2, "outputs_at": "steps", "readout": "identity", "loss": "least_squares", "field": "dense", "activation": "identity", "integrator": "rk4", "layers": 160, "known_terms": true, "seed": 1}"#

  /// ẏ = −y + (cos t, t) in the limit of small steps, from times of a sample's own on; the field at a time is the right-hand side.
  @Test func followsTheEquation() throws {
    let network = try network(Self.linear)
    try network.plan.knownTerms?.set(Forcing())
    let parameters = try Numbers([-1, 0, 0, -1, 0, 0], .float64)
    try network.replaceParameters(with: parameters.vector)
    let times = [0.7, 1.0, 1.3, 1.9, 2.0]
    // y₁ = (cos t + sin t)/2 + c e^−t, y₂ = t − 1 + d e^−t.
    func exact(_ t: Double) -> [Double] { [(cos(t) + sin(t)) / 2 + 0.3 * exp(-t), t - 1 + 0.8 * exp(-t)] }
    let (features, out) = (try Numbers(exact(0.7) + times, .float64), try Numbers(10, .float64))
    let predictor = try Predictor(network, maximumBatch: 1, threads: 4)
    #expect(predictor.threads == 1)
    try withExtendedLifetime(predictor) { try predictor.run(features.view(rows: 1, columns: 7), .scores, into: out.target(rows: 1, columns: 10), pool: nil) }
    for (step, time) in times.enumerated() { #expect(largestDifference(Array(out.values[2 * step..<2 * step + 2]), exact(time)) < 1e-9) }

    let (states, moments) = (try Numbers([1, 2, 3, 4, -1, 0.5], .float64), [0.5, 100, -3])
    let (values, product, pullback) = (try Numbers(6, .float64), try Numbers(6, .float64), try Numbers(6, .float64))
    var request = FieldRequest(states: states.view(rows: 3, columns: 2), times: moments)
    request.values = values.target(rows: 3, columns: 2)
    (request.products, request.tangents) = (product.target(rows: 3, columns: 2), states.view(rows: 3, columns: 2))
    (request.pullbacks, request.cotangents) = (pullback.target(rows: 3, columns: 2), states.view(rows: 3, columns: 2))
    try network.field(block: 0, request)
    for row in 0..<3 {
      #expect(abs(values[2 * row] - (cos(moments[row]) - states[2 * row])) < 1e-13 && abs(values[2 * row + 1] - (moments[row] - states[2 * row + 1])) < 1e-13)
      for i in 0..<2 { #expect(product[2 * row + i] == -states[2 * row + i] && pullback[2 * row + i] == -states[2 * row + i]) }
    }
    #expect(try network.plan.equationWidth(ofBlock: 0) == 2)
    #expect(refusal { try network.field(block: 0, FieldRequest(states: states.view(rows: 3, columns: 2), times: nil)) }?.message.contains("times is NULL") == true)
    #expect(refusal { try network.field(block: 0, FieldRequest(states: states.view(rows: 3, columns: 2), times: [0, .nan, 0])) }?.status == .invalidData)
  }

  /// Networks made from one another share the function, and one that is read from a model has none.
  @Test func madeNetworksShareTheFunction() throws {
    let network = try network(Self.linear)
    let longer = try network.withSteps(9)
    try network.plan.knownTerms?.set(Forcing())
    #expect(longer.plan.knownTerms === network.plan.knownTerms && longer.plan.knownTerms?.isSet == true)
    let projected = try network.projected(onto: try network.plan.specification.changing(json: .object([("layers", .integer(40))])))
    for plan in [try network.plan.inDoublePrecision(), try network.copied().plan, projected.plan, try Refinement(network.plan, .linear).fine] {
      #expect(plan.knownTerms === network.plan.knownTerms)
    }
    let other = try TestSupport.network(try network.plan.specification.json.written())
    let batch = try BatchCase(other, samples: 3)
    #expect(refusal { _ = try batch.predict() }?.status == .state && refusal { _ = try batch.lossGradient() }?.message.contains("sode_network_set_known_terms") == true)
  }

  @Test func refusesWhatKnowsNothingOfThem() throws {
    func refused(_ json: String) -> String { refusal { _ = try network(json) }?.message ?? "" }
    #expect(refused(#"{"inputs": 4, "outputs": 2, "known_terms": true}"#).contains("openings trajectory"))
    #expect(refused(#"{"opening": "sequence", "inputs": 4, "outputs": 2, "field": "antisymmetric_rnn", "known_terms": true}"#).contains("opening sequence has no option known_terms"))
    func trajectory(_ options: String) -> String {
      refused(#"{"opening": "trajectory", "channels": 2, "inputs": 4, "outputs": 2, "readout": "identity", "loss": "least_squares", "known_terms": true, \#(options)}"#)
    }
    #expect(trajectory(#""field": "hamiltonian", "integrator": "verlet""#).contains("integrators that take them: euler"))
    #expect(trajectory(#""field": "dense", "integrator": "revnet""#).contains("two fields in turn"))
    #expect(trajectory(#""field": "dense", "integrator": "leapfrog""#).contains("by h·f"))
    #expect(trajectory(#""field": "ode_rnn", "integrator": "euler""#).contains("driven by sequences"))
    let known = try network(Self.linear)
    #expect(refusal { try known.plan.refuseKnownTerms("a stability report says") }?.message == "a stability report says nothing of the known terms of an equation (option known_terms), which this network has")
    try network(#"{"inputs": 4, "outputs": 2}"#).plan.refuseKnownTerms("nothing")
  }

  /// A function that fails in the middle ends the work; one that gives NaN is named beside the sample.
  @Test func failuresReachTheCaller() throws {
    for call in [0, 5, 700] {
      let (network, terms) = (try network(Self.linear), SmoothTerms())
      try network.plan.knownTerms?.set(terms)
      let batch = try BatchCase(network, samples: 3)
      for sample in 0..<3 { for step in 0..<5 { batch.features[7 * sample + 2 + step] = 0.1 * Double(step) } }
      terms.failingFrom = call
      #expect(refusal { _ = try batch.lossGradient() }?.message == "the test's terms fail")
      terms.failingFrom = .max
      terms.undefinedFrom = terms.calls + min(call, 600)
      let message = refusal { _ = try batch.lossGradient() }?.message ?? ""
      #expect(message.contains("row 0") && message.contains("gave nan as number 0 at time"), "\(message)")
    }
  }
}

/// g = (cos t, t).
private final class Forcing: KnownTerms, @unchecked Sendable {
  func evaluate(times: Block, states: Block, into values: Block) throws(Failure) {
    let (t, first) = (Vector(times.base, count: times.columns, precision: .float64), Vector(values.base, count: values.columns, precision: .float64))
    for column in 0..<times.columns { first.store(cos(t.load(column)), at: column) }
    copy(times, into: values.rows(1..<2))
  }
  func pushforward(times: Block, states: Block, timeTangents: Block, stateTangents: Block, into tangents: Block) throws(Failure) {}
  func pullback(times: Block, states: Block, cotangents: Block, timeGradients: Block, stateGradients: Block) throws(Failure) {}
}
