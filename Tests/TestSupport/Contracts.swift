import Glibc
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// A network with a batch of normally distributed samples and labels, and its derivatives, for the contracts that every registered combination keeps (Theory.md §4.1).
package final class DerivativeCase {
  package let network: Network
  package let samples: Int
  package let parameters: Numbers
  package let features: Numbers
  private let labels: [Int32]
  /// Targets for losses of values.
  private let values: Numbers
  private let sweep: Sweep
  private let tangents: TangentSweep
  private let pool: WorkerPool
  /// The random numbers that blocks and schemes draw. The contracts hold for these fixed numbers.
  private let draws: Draws?
  private let terms: (any KnownTerms)?

  /// - Parameter terms: the known terms of a network with the option known_terms.
  package init(
    _ specification: NetworkSpecification, samples: Int = 7, seed: UInt64 = 5, memory: (any MemoryPolicy)? = nil, draws: Draws? = Draws(seed: 70, step: 3), terms: (any KnownTerms)? = nil
  ) throws {
    (self.draws, self.terms) = (draws, terms)
    network = try Network(specification)
    let plan = network.plan
    if let terms { try plan.knownTerms?.set(terms) }
    self.samples = samples
    // The biases are random too, because some terms of the derivatives would vanish at zero.
    parameters = try Numbers(network.snapshot.parameters.count, plan.precision)
    copy(network.snapshot.parameters, into: parameters.vector)
    let noise = try Numbers.normal(parameters.count, plan.precision, seed: seed + 1, deviation: 0.3)
    axpy(1, noise.vector, addingTo: parameters.vector)
    features = try Numbers.normal(samples * plan.inputs, plan.precision, seed: seed + 2)
    labels = plan.testLabels(samples: samples, factor: 5)
    values = try Numbers.normal(samples * plan.targetCount, plan.precision, seed: seed + 3)
    plan.loss.keepTargets(values)
    plan.hideSome(values)
    sweep = try Sweep(plan, batch: samples, derivative: true, memory: memory, threads: 1)
    tangents = try TangentSweep(plan)
    pool = try WorkerPool(threads: 1)
  }

  private func source(_ features: Numbers) -> BatchSource {
    BatchSource(features: features.view(rows: samples, columns: network.plan.inputs), normalization: network.snapshot.normalization)
  }

  /// The mean loss without its gradient; it has the same bits as that of `lossGradient`.
  package func loss(_ parameters: Numbers) throws -> Double { try run(parameters, gradient: nil) }

  /// The mean loss and its gradient.
  package func lossGradient(_ parameters: Numbers) throws -> (loss: Double, gradient: Numbers) {
    let gradient = try Numbers(parameters.count, network.plan.precision)
    return (try run(parameters, gradient: gradient), gradient)
  }

  private func run(_ parameters: Numbers, gradient: Numbers?) throws -> Double {
    let loss = try labels.withUnsafeBufferPointer { labels in
      try labels.baseAddress.map {
        let targets = network.plan.testTargets($0, values.view(rows: samples, columns: network.plan.targetCount))
        return try sweep.lossGradient(parameters.vector, source(features), targets, count: samples, gradient: gradient?.vector, draws: draws, pool: pool).meanLoss
      }
    }
    return loss ?? .nan
  }

  /// The observed order of the Taylor remainder |L(θ+εδ) − L(θ) − ε⟨g,δ⟩|: about 2 if the gradient g is right, 1 if it is wrong.
  ///
  /// g has this case's precision; the losses come from a float64 network with the same numbers, because float32 rounding of the loss would hide the small ε that the kinks of
  /// piecewise linear activations require. Each direction and its opposite give an order, and the third largest of all counts: a right gradient shows less than order 2 where a state lies within ε of
  /// a kink, and may do so in most directions; a wrong gradient shows order 1 in all of them but for accidents. An order is computed from the two smallest of the halved ε whose remainder is well above
  /// the rounding errors of g and of the loss.
  package func taylorOrder(directions: Int = 5) throws -> Double {
    let twin = network.plan.precision == .float64 ? self : try DerivativeCase(twinOf: self)
    let start = parameters.values
    // All losses share one vector, because `Numbers` never frees memory and the sweeps need millions of numbers.
    let moved = try Numbers(start, .float64)
    let loss = try twin.loss(moved)
    let gradient = try lossGradient(parameters).gradient.values
    func order(along direction: [Double], _ sign: Double) throws -> Double {
      var remainders: [Double] = []
      let slope = inner(gradient, direction)
      for power in 3...16 {
        let epsilon = sign * Double(sign: .plus, exponent: -power, significand: 1)
        for index in start.indices { moved[index] = start[index] + epsilon * direction[index] }
        let remainder = abs(try twin.loss(moved) - loss - epsilon * slope)
        guard remainder > 1000 * 0x1p-52 * max(abs(loss), 1) + 30 * network.plan.precision.epsilon * abs(epsilon) * norm(gradient) else { break }
        remainders.append(remainder)
      }
      guard remainders.count >= 2 else { return -.infinity }
      return log2(remainders[remainders.count - 2] / remainders[remainders.count - 1])
    }
    var orders: [Double] = []
    for index in 0..<directions {
      let direction = try Numbers.normal(parameters.count, .float64, seed: 1000 + UInt64(index)).values
      orders += [try order(along: direction, 1), try order(along: direction, -1)]
    }
    return orders.sorted(by: >)[2]
  }

  /// The same network, parameters and samples in float64.
  private convenience init(twinOf other: DerivativeCase) throws {
    var specification = other.network.plan.specification
    try specification.set("precision", .text("float64"))
    try self.init(specification, samples: other.samples, draws: other.draws, terms: other.terms)
    for (index, value) in other.features.values.enumerated() { features[index] = value }
    for (index, value) in other.values.values.enumerated() { values[index] = value }
  }

  /// |⟨Jv,w⟩ − ⟨v,Jᵀw⟩| relative to ‖Jv‖‖w‖, where v is a direction in parameters and features together.
  package func adjointDefect(seed: UInt64 = 99) throws -> Double {
    let plan = network.plan
    let direction = try Numbers.normal(parameters.count, plan.precision, seed: seed)
    let featureDirection = try Numbers.normal(features.count, plan.precision, seed: seed + 1)
    let cotangent = try Numbers.normal(samples * plan.scoreCount, plan.precision, seed: seed + 2)
    let tangent = try Numbers(samples * plan.scoreCount, plan.precision)
    let gradient = try Numbers(parameters.count, plan.precision)
    let featureGradient = try Numbers(features.count, plan.precision)
    try tangents.pushforward(
      parameters.vector, source(features), count: samples, direction: direction.vector,
      featureDirection: featureDirection.view(rows: samples, columns: plan.inputs), draws: draws, scores: nil, into: tangent.target(rows: samples, columns: plan.scoreCount))
    try sweep.pullback(
      parameters.vector, source(features), cotangent: cotangent.view(rows: samples, columns: plan.scoreCount), count: samples, gradient: gradient.vector,
      featureGradient: featureGradient.target(rows: samples, columns: plan.inputs), draws: draws, pool: pool)
    let forward = inner(tangent.values, cotangent.values)
    let backward = inner(direction.values, gradient.values) + inner(featureDirection.values, featureGradient.values)
    return abs(forward - backward) / (norm(tangent.values) * norm(cotangent.values))
  }

  /// The largest relative change of p_j·v_j over the layers, where p is the back-propagated cotangent and v the tangent. It is zero up to rounding if the step and its transpose
  /// agree (Theory.md §4.3).
  package func pairingDrift(seed: UInt64 = 31) throws -> Double {
    let plan = network.plan
    let block = plan.blocks[0]
    let width = block.stateWidth
    let columns = 16
    func numbers(_ rows: Int) throws -> Numbers { try Numbers(rows * columns, plan.precision) }
    let prepared = try Numbers(max(plan.preparedCount(for: .training), 1), plan.precision)
    let extended = try Numbers(plan.extendedCount, plan.precision)
    try plan.extend(parameters.vector, into: extended.vector)
    plan.prepare(extended.vector, into: prepared.vector, for: .training)
    let log = StepLog()
    defer { withExtendedLifetime(log) {} }
    let drive = try Numbers.normal(block.layers * block.driveWidth * FieldCase.driveColumns, plan.precision, seed: seed + 3)
    let weights = Weights(
      parameters: extended.vector, prepared: prepared.vector, drive: BlockCase.drive(drive, of: block), log: Unmanaged.passUnretained(log),
      draws: draws?.tile(block: 0, firstSample: 0) ?? LayerDraws())
    let scratch = try numbers(block.scratchWidth).block(rows: block.scratchWidth, columns: columns)
    var states = [try Numbers.normal(width * columns, plan.precision, seed: seed)]
    var tangents = [try Numbers.normal(width * columns, plan.precision, seed: seed + 1)]
    var records: [Numbers] = []
    func at(_ numbers: Numbers) -> Block { numbers.block(rows: width, columns: columns) }
    for j in 0..<block.layers {
      states.append(try numbers(width))
      tangents.append(try numbers(width))
      records.append(try numbers(block.recordWidth))
      let step = block.step(j, weights)
      let record = records[j].block(rows: block.recordWidth, columns: columns)
      block.integrator.step(block.field, step, from: at(states[j]), into: at(states[j + 1]), record: record, scratch: scratch)
      block.integrator.pushforward(
        block.field, step, direction: nil, before: at(states[j]), after: at(states[j + 1]), record: record, tangent: at(tangents[j]),
        into: at(tangents[j + 1]), scratch: scratch)
    }
    let cotangent = try Numbers.normal(width * columns, plan.precision, seed: seed + 2)
    let reference = inner(cotangent.values, tangents[block.layers].values)
    let size = norm(cotangent.values) * norm(tangents[block.layers].values)
    var drift = 0.0
    for j in stride(from: block.layers - 1, through: 0, by: -1) {
      block.integrator.pullback(
        block.field, block.step(j, weights), before: at(states[j]), after: at(states[j + 1]),
        record: records[j].block(rows: block.recordWidth, columns: columns), cotangent: at(cotangent), gradient: nil, scratch: scratch)
      drift = max(drift, abs(inner(cotangent.values, tangents[j].values) - reference) / size)
    }
    return drift
  }
}
