import LinearAlgebra
import Networks
import Settings

/// The readout's problem on successive batches: the objective as a function of the readout's parameters alone, with all others fixed.
///
/// It consists of the mean loss at fixed states, the regularizers of the readout, and, as a constant, the regularizers of all other parameters, so that its values are comparable with those
/// of the whole objective.
final class BatchReadoutProblem: ReadoutProblem {
  let range: Range<Int>
  let iterate: Iterate
  private let readout: ReadoutSweep
  private let settings: TrainerOptions
  /// The layout of the readout's parameters by themselves, and of the other parameters among all.
  private let layout: ParameterLayout
  private let others: ParameterLayout
  /// The value of the regularizers of the other parameters, which are fixed.
  private var constant = 0.0
  private let memory: Buffer
  private let prepare: (ReadoutSweep, Vector) throws(Failure) -> Bool
  /// The work of a pass over the states, relative to a pass through the network: the readout's share of the parameters.
  private let share: Double
  private let count: (Double) -> Void

  /// - Parameters:
  ///   - prepare: computes and fixes the states of the present batch at given parameters; false if they cannot be evaluated.
  ///   - count: adds passes through the network to the work.
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

  /// The scores are linear in the readout's parameters, so that both curvatures are the same.
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
