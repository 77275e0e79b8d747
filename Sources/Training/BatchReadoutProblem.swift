import LinearAlgebra
import Networks
import Settings

/// The readout's problem on one batch after another: the objective as a function of the readout's parameters alone, all others held fixed.
///
/// That is the mean loss at fixed states, the regularizers of the readout, and as a constant those of all other parameters, so that values can be compared with those of the whole objective.
final class BatchReadoutProblem: ReadoutProblem {
  let range: Range<Int>
  let iterate: Iterate
  private let readout: ReadoutSweep
  private let settings: TrainerOptions
  /// Of the readout's parameters by themselves, and of the others among all.
  private let layout: ParameterLayout
  private let others: ParameterLayout
  /// The regularizers of the others where they are fixed.
  private var constant = 0.0
  private let memory: Buffer
  private let prepare: (ReadoutSweep, Vector) throws(Failure) -> Bool
  /// Work a pass over the states is worth in passes through the network: its share of the parameters.
  private let share: Double
  private let count: (Double) -> Void

  /// - Parameters:
  ///   - prepare: fixes the states of the present batch at given parameters; false where they cannot be evaluated.
  ///   - count: books passes through the network.
  init(
    _ plan: NetworkPlan, _ settings: TrainerOptions, _ whole: ParameterLayout, batch: Int, prepare: @escaping (ReadoutSweep, Vector) throws(Failure) -> Bool,
    count: @escaping (Double) -> Void
  ) throws(Failure) {
    let readout = try ReadoutSweep(plan, batch: batch)
    self.readout = readout
    self.settings = settings
    self.prepare = prepare
    self.count = count
    let range = readout.range
    self.range = range
    share = Double(range.count) / Double(plan.parameterCount)
    layout = whole.part(range)
    others = whole.without(range)
    let vectors = 2 + TruncatedCG.scratchCount + 1
    memory = try Buffer(count: vectors * range.count, precision: plan.precision)
    let all = memory.vector(count: vectors * range.count, precision: plan.precision)
    let parts = (0..<vectors).map { all[$0 * range.count..<($0 + 1) * range.count] }
    iterate = Iterate(parameters: parts[0], gradient: parts[1], state: [], scalars: [], scratch: Array(parts[2...]))
  }

  var repeats: Bool { true }

  func fixStates(at parameters: Vector) throws(Failure) -> Bool {
    copy(parameters[range], into: iterate.parameters)
    iterate.known = nil
    constant = settings.regularizers.reduce(0) { $0 + $1.accumulate(parameters, layout: others, addingTo: nil) }
    return try prepare(readout, parameters)
  }

  func value(at parameters: Vector) throws(Failure) -> Double {
    count(share)
    let loss = readout.lossGradient(parameters, gradient: nil).meanLoss
    try Watch.check()
    return settings.regularizers.reduce(loss + constant) { $0 + $1.accumulate(parameters, layout: layout, addingTo: nil) }
  }

  func gradient(at parameters: Vector, into gradient: Vector) throws(Failure) -> Double {
    count(2 * share)
    let loss = readout.lossGradient(parameters, gradient: gradient).meanLoss
    try Watch.check()
    return settings.regularizers.reduce(loss + constant) { $0 + $1.accumulate(parameters, layout: layout, addingTo: gradient) }
  }

  /// The problem is linear in its parameters before the loss: both curvatures are the same.
  func gaussNewtonProduct(_ direction: Vector, at parameters: Vector, fraction: Double, into product: Vector) throws(Failure) {
    try hessianProduct(direction, at: parameters, into: product)
  }

  func hessianProduct(_ direction: Vector, at parameters: Vector, into product: Vector) throws(Failure) {
    count(3 * share)
    readout.hessianProduct(direction, at: parameters, into: product)
    try Watch.check()
    for term in settings.regularizers { term.accumulateCurvature(direction, at: parameters, layout: layout, addingTo: product) }
  }

  func precondition(_ residual: Vector, into result: Vector) { readout.precondition(residual, into: result) }
  func forEachPiece(_ body: (_ range: Range<Int>, _ decay: Double) -> Void) { body(0..<range.count, 0) }
  func readoutProblem() throws(Failure) -> any ReadoutProblem { self }
}
