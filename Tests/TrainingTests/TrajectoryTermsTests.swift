import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

private struct Charged {
  let network: Network
  let plan: NetworkPlan
  let samples: BatchCase

  init(_ block: String, _ cost: TrajectoryCost) throws {
    network = try TestSupport.network(#"{"inputs": 3, "outputs": 2, "width": 4, "opening": "dense", "precision": "float64", "seed": 4, "blocks": [{"layers": 4, "horizon": 1.5, \#(block)}]}"#)
    plan = try network.plan.charged(cost)
    samples = try BatchCase(network, samples: 21)
  }

  /// The loss and the cost per sample, and the gradient of their sum.
  func evaluate(at parameters: TestSupport.Numbers, derivative: Bool = true, memory: (any MemoryPolicy)? = nil, threads: Int = 1) throws -> (value: Double, result: BatchResult, gradient: [Double]) {
    let sweep = try Sweep(plan, batch: samples.samples, derivative: derivative, memory: memory, threads: threads)
    let gradient = try TestSupport.Numbers(plan.parameterCount, .float64)
    let pool = try WorkerPool(threads: sweep.threads)
    let result = try withExtendedLifetime((sweep, pool)) {
      try samples.labels.withUnsafeBufferPointer { labels -> BatchResult in
        guard let labels = labels.baseAddress else { return BatchResult() }
        return try sweep.lossGradient(
          parameters.vector, BatchSource(features: samples.view, normalization: nil), .labels(labels), count: samples.samples, gradient: derivative ? gradient.vector : nil, pool: pool)
      }
    }
    return (result.meanLoss + result.meanCost, result, gradient.values)
  }
}

private let chargedBlocks: [(block: String, cost: TrajectoryCost)] = [
  (#""field": "antisymmetric", "integrator": "euler", "gamma": 0.1"#, TrajectoryCost(kinetic: 0.7)),
  (#""field": "antisymmetric", "integrator": "euler", "gamma": 0.1"#, TrajectoryCost(jacobian: 0.7, step: 0.1)),
  (#""field": "hamiltonian", "integrator": "verlet""#, TrajectoryCost(kinetic: 0.7, jacobian: 0.5)),
  (#""field": "second_order", "integrator": "leapfrog""#, TrajectoryCost(kinetic: 0.7)),
  (#""field": "gradient_flow", "integrator": "rk4""#, TrajectoryCost(kinetic: 0.3, jacobian: 0.5)),
  (#""field": "dense", "integrator": "linear_multistep""#, TrajectoryCost(kinetic: 0.7)),
  (#""field": "dense", "integrator": "euler", "weights_in_time": "b_spline", "basis_count": 4"#, TrajectoryCost(kinetic: 0.7, jacobian: 0.5)),
]

/// Taylor test: the remainder of value and gradient decreases with the square of the step, through states and parameters; rounding errors are below 1e-9.
@Test(arguments: chargedBlocks.indices) func theGradientThroughTheStatesIsExact(_ index: Int) throws {
  let charged = try Charged(chargedBlocks[index].block, chargedBlocks[index].cost)
  let snapshot = charged.network.snapshot
  let start = withExtendedLifetime(snapshot) { (0..<charged.plan.parameterCount).map { snapshot.parameters.load($0) } }
  let direction = try TestSupport.Numbers.normal(start.count, .float64, seed: 9, deviation: 0.3).values
  let here = try charged.evaluate(at: TestSupport.Numbers(start, .float64))
  #expect(here.result.costSum > 0)
  let slope = inner(here.gradient, direction)
  var remainders: [Double] = []
  for power in 6...9 {
    let step = 1 / Double(1 << power)
    let moved = try charged.evaluate(at: TestSupport.Numbers(zip(start, direction).map { $0 + step * $1 }, .float64))
    remainders.append(abs(moved.value - here.value - step * slope))
  }
  for (coarse, fine) in zip(remainders, remainders.dropFirst()) { #expect(coarse / fine > 3.6 || fine < 1e-9, "\(remainders)") }
}

/// Every memory policy gives the bits of store_all for any number of threads, and the value has the same bits without a gradient. The exception is reversible, which recovers states only up to rounding.
@Test func everyMemoryPolicyChargesTheSame() throws {
  let charged = try Charged(#""field": "hamiltonian", "integrator": "verlet""#, TrajectoryCost(kinetic: 0.7, jacobian: 0.5))
  let snapshot = charged.network.snapshot
  let parameters = try TestSupport.Numbers(withExtendedLifetime(snapshot) { (0..<charged.plan.parameterCount).map { snapshot.parameters.load($0) } }, .float64)
  let all = try charged.evaluate(at: parameters, memory: StoreAll())
  #expect(try charged.evaluate(at: parameters, derivative: false).value == all.value)
  for policy in [StoreEvery(3), try Binomial(checkpoints: 2), Reversible()] as [any MemoryPolicy] {
    let other = try charged.evaluate(at: parameters, memory: policy, threads: 2)
    #expect(other.value == all.value && largestDifference(other.gradient, all.gradient) < (policy is Reversible ? 1e-12 : 1e-300), "\(policy.name)")
  }
}

/// The kinetic energy of a network's states, computed by hand.
@Test func kineticEnergyIsThatOfTheStates() throws {
  let charged = try Charged(#""field": "antisymmetric", "integrator": "euler", "gamma": 0.1"#, TrajectoryCost(kinetic: 2))
  let snapshot = charged.network.snapshot
  let found = try charged.evaluate(at: TestSupport.Numbers(withExtendedLifetime(snapshot) { (0..<charged.plan.parameterCount).map { snapshot.parameters.load($0) } }, .float64)).result
  let states = try TestSupport.Numbers(5 * 21 * 4, .float64)
  let predictor = try Predictor(charged.network, maximumBatch: 21, threads: 1)
  try predictor.states(block: 0, charged.samples.view) { layer in
    MutableTensorView(states.vector[layer * 84..<(layer + 1) * 84].base, type: .init(.float64), rows: 21, columns: 4)
  }
  let changes = (84..<5 * 84).map { states[$0] - states[$0 - 84] }
  // α/2 = 1, h = 1.5/4.
  #expect(abs(found.costSum - inner(changes, changes) / 0.375) < 1e-12 * found.costSum)
}

/// A step of training descends along the gradient of the loss plus the term: θ₊ = θ − rate·∇, with the gradient that the tests above check. The trained network has no term in it, so its
/// predictions are those of a network made of the same parameters.
@Test(arguments: [("kinetic_energy", TrajectoryCost(kinetic: 0.5)), ("jacobian_penalty", TrajectoryCost(jacobian: 0.5, step: 0.01))])
func aStepOfTrainingPaysForTheWay(_ term: String, _ cost: TrajectoryCost) throws {
  let data = try ellipses()
  let network = try smallNetwork(precision: .float64, extra: ["layers": .integer(6)])
  let start = network.snapshot.parameters.values
  let plan = try network.plan.charged(cost)
  func gradient(_ plan: NetworkPlan) throws -> [Double] {
    let (parameters, gradient) = (try TestSupport.Numbers(start, .float64), try TestSupport.Numbers(start.count, .float64))
    let (sweep, pool) = (try Sweep(plan, batch: 200, derivative: true, threads: 1), try WorkerPool(threads: 1))
    _ = try sweep.lossGradient(
      parameters.vector, BatchSource(features: data.training.features, normalization: nil), .labels(try #require(data.training.labels)), count: 200, gradient: gradient.vector,
      pool: pool)
    return gradient.values
  }
  let (whole, loss) = (try gradient(plan), try gradient(network.plan))
  let rate = 0.1
  let trainer = try trainer(
    network, ["epochs": .integer(1), "optimizer": .text("sgd"), "momentum": .real(0), "learning_rate": .real(rate), "batch_size": .integer(200), term: .real(0.5)])
  #expect(try trainer.run(training: data.training) == .ok)
  let found = network.snapshot.parameters.values
  // Sums over 200 samples in another order.
  #expect(largestDifference(found, zip(start, whole).map { $0 - rate * $1 }) < 200 * Precision.float64.epsilon)
  #expect(largestDifference(whole, loss) > 1e-4, "the term must matter")
  let plain = try smallNetwork(precision: .float64, extra: ["layers": .integer(6)])
  try plain.replaceParameters(with: try TestSupport.Numbers(found, .float64).vector)
  #expect(try evaluate(network, on: data.validation, threads: 1).loss == evaluate(plain, on: data.validation, threads: 1).loss)
}

/// Newton's method handles the terms by differences of their exact gradients; Gauss–Newton refuses them and says why.
@Test func secondOrderMethodsTakeThemOrSayWhy() throws {
  let data = try ellipses()
  func run(_ optimizer: String) throws -> Failure? {
    let trainer = try trainer(try smallNetwork(precision: .float64), ["epochs": .integer(2), "optimizer": .text(optimizer), "kinetic_energy": .real(0.1)])
    return failure { _ = try trainer.run(training: data.training) }
  }
  #expect(try run("newton_pcg") == nil && run("lbfgs") == nil)
  let refused = try run("gauss_newton")
  #expect(refused?.status == .incompatible && refused?.message.contains("kinetic_energy") == true)
}
