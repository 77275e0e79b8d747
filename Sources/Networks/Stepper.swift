import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// Passes sequences through a network as they arrive: takes one observation of each, and gives the predictions that the network makes once it has read them, with one snapshot of its parameters.
///
/// The driven block stops after the layers of the newest observation, and everything after it is computed from its state there. So the predictions have the bits of the whole sequence at that step. An observation costs
/// its own layers and the later stages, however many came before. One caller at a time may use it; a feed takes no lock and allocates nothing.
package final class Stepper: @unchecked Sendable {
  /// The most sequences side by side: they pass through the network as one tile.
  package static let maximumRows = 1024

  package let plan: NetworkPlan
  /// The sequences that go on side by side.
  package let rows: Int
  /// The most observations of a sequence; nil for any number.
  package var mostObservations: Int? { end.map { _ in form.steps } }
  /// The observations since the beginning.
  package private(set) var observations = 0

  private let form: SequenceFormat
  private let end: StreamEnd?
  private let snapshot: ParameterSnapshot
  private let arena: Arena
  private let pass: InferencePass
  private let stream: SequenceStream
  private let stage: Int
  private let block: ODEBlock
  /// The layers that read one observation.
  private let layers: Int
  private let columns: Int
  private let first: Block
  private let drive: Block
  /// The state after the last observation and the place of the next one, which change places.
  private let states: [Block]
  private var current = 0

  /// - Parameter rows: 1 … `maximumRows`.
  /// - Throws: `.incompatible` for a network that does not read its sequences step by step (`StreamForm`); `.memory`.
  package init(_ network: Network, rows: Int) throws(Failure) {
    plan = network.plan
    self.rows = rows
    snapshot = network.snapshot
    let streamed = try StreamForm(plan, snapshot.normalization)
    (form, end, stage) = (streamed.format, streamed.end, streamed.stage)
    block = plan.blocks[streamed.block]
    layers = block.layers / form.steps
    columns = Block.columns(forSamples: rows)
    let weights = try snapshot.inferenceWeights(plan)
    let (plan, columns, precision) = (plan, columns, plan.precision)
    var size = Arena.Size()
    InferencePass.add(plan, columns, takesSequences: false, to: &size)
    SequenceStream.add(form, columns: columns, precision: precision, to: &size)
    let counts = [form.channels, streamed.sampling.rows / block.layers, block.stateWidth, block.stateWidth]
    for rows in counts { size.add(rows: rows, columns: columns, precision: precision) }
    let arena = try Arena(size)
    self.arena = arena
    pass = InferencePass(plan, weights, columns, arena, takesSequences: false)
    stream = try SequenceStream(streamed.sampling, layers: layers, samples: rows, columns: columns, precision: precision, arena)
    let blocks = counts.map { arena.block(rows: $0, columns: columns, precision: precision) }
    (first, drive, states) = (blocks[0], blocks[1], [blocks[2], blocks[3]])
    for block in blocks { fill(block, 0) }
  }

  /// Begins the sequences anew.
  package func reset() {
    observations = 0
    stream.clear()
  }

  /// Runs an observation of zeros, whose result nobody sees, so that no later one allocates what the Swift runtime looks up once in a process.
  package func warmUp() throws(Failure) {
    let width = max(form.stepWidth, plan.outputs)
    let memory = try Buffer(count: 2 * width * rows, precision: plan.precision)
    fill(memory.vector(count: 2 * width * rows, precision: plan.precision), 0)
    let type = ElementType(plan.precision)
    // Whether zeros have a result does not matter.
    _ = try? feed(
      TensorView(UnsafeRawPointer(memory.base), type: type, rows: rows, columns: form.stepWidth), .scores,
      into: MutableTensorView(memory.base + width * rows * plan.precision.byteCount, type: type, rows: rows, columns: plan.outputs))
    reset()
    withExtendedLifetime(memory) {}
  }

  /// The features of an observation.
  package var stepWidth: Int { form.stepWidth }

  /// Reads the next observation of each sequence and writes their predictions. If it throws, everything is as it was before.
  ///
  /// - Parameters:
  ///   - observation: rows × the features of a step.
  ///   - out: one row for each sequence.
  /// - Throws: `.state` after the last observation that the network's weights are for; `.invalidData` naming row and channel of a number that the network cannot take, and for a time before the last one;
  ///   `.notConverged`, `.stepLimit` for a step that failed; `.notFinite` for states and results that are not finite; the reason why the thread's watch ended the work.
  package func feed(_ observation: TensorView, _ kind: PredictionKind, into out: MutableTensorView) throws(Failure) {
    if let end, observations >= form.steps { throw end.failure(form.steps) }
    let isFirst = observations == 0
    if let fault = stream.take(observation, end.scaling(observations, form, snapshot.normalization), needsAllChannels: isFirst && plan.hasOpening) { throw named(fault) }
    let log = pass.log
    log.watch = .current
    defer {
      log.clear()
      log.watch = .none
    }
    pass.begin(0..<rows, columns)
    log.askNext()
    if isFirst { start() }
    let after = states[1 - current]
    step(into: after)
    let scores = pass.stepScores
    if let (readout, connector) = plan.stepReadout {
      pass.pass(connector, stage: readout, from: block.visible(after), to: scores)
    } else {
      pass.carry(pass.pass(plan, stages: stage + 1..<plan.stages.count, from: block.visible(after)), to: scores)
    }
    try log.watch.check()
    let callers = pass.inCallersUnits(scores, snapshot.targetScaling)
    log.requireFinite(after, within: plan.precision.largest, "states")
    log.requireFinite(callers, within: plan.largestScore(kind, snapshot.targetScaling, in: out.type), "scores")
    if kind == .probabilities, !log.hasFailed { pass.link(callers, plan.stepLoss, within: plan.largestPrediction(in: out.type)) }
    if let first = log.first { throw rows == 1 ? first.failure : Failure(first.failure.status, "row \(first.sample): \(first.failure.message)") }
    pass.give(kind, scores, callers, count: rows, to: out, startRow: 0)
    stream.keep()
    current = 1 - current
    observations += 1
  }

  /// Makes the driven block's first state of the first observation.
  private func start() {
    let place = block.visible(states[current])
    if plan.hasOpening {
      stream.values(into: first)
      pass.carry(pass.pass(plan, stages: 0..<stage, from: first), to: place)
    } else {
      let input = stage == 0 ? place : pass.input(of: 0)
      fill(input, 0)
      pass.carry(pass.pass(plan, stages: 0..<stage, from: input), to: place)
    }
    block.start(states[current])
  }

  /// Runs the layers of the present observation.
  private func step(into after: Block) {
    let (own, between) = (pass.weights(stage: stage), pass.states(stage: stage, block))
    var before = states[current]
    for layer in 0..<layers where !own.isOver {
      stream.drive(of: observations, layer: layer, into: drive)
      let next = layer == layers - 1 ? after : block.propagated(layer, in: between)
      let step = block.step(observations * layers + layer, own, drive: drive)
      block.integrator.step(block.field, step, from: before, into: next, record: nil, scratch: pass.scratch)
      before = next
    }
  }

  private func named(_ fault: SequenceStream.Fault) -> Failure {
    func place(_ sample: Int) -> String { rows == 1 ? "observation" : "observation: row \(sample)" }
    let text =
      switch fault {
      case .number(let sample, let channel):
        "\(place(sample)): \(channel.map { "channel \($0)" } ?? "the time") is NaN, infinite, or too large for \(plan.precision.name)\(snapshot.normalization == nil ? "" : " once it is normalized")"
      case .time(let sample, let before, let here): "\(place(sample)): the time is \(here), before that of the last observation, \(before); times must not decrease"
      case .mask(let sample, let channel, let mask): "\(place(sample)): the mask of channel \(channel) is \(mask); it must be 1 for observed or 0 for not"
      case .missing(let sample, let channel):
        "\(place(sample)): channel \(channel) is not observed; the opening sequence_dense begins with each channel's first observation, so that the first observation of a stream must have all channels"
      }
    return Failure(.invalidData, text)
  }

  // The state as numbers.

  /// The numbers of one sequence's state: how many observations there have been, what is remembered of them, and the block's state.
  package var stateWidth: Int { 1 + stream.memoryWidth + block.stateWidth }

  /// Writes the sequences' state, rows × `stateWidth`.
  ///
  /// - Parameter numbers: float64, rows × `stateWidth` of them.
  package func state(into numbers: Vector) {
    let state = states[current]
    for sample in 0..<rows {
      let start = sample * stateWidth
      numbers.store(Double(observations), at: start)
      stream.remembered(of: sample, into: numbers, at: start + 1)
      for row in 0..<block.stateWidth {
        numbers.store(observations == 0 ? 0 : number(state, row).load(sample), at: start + 1 + stream.memoryWidth + row)
      }
    }
  }

  /// Goes on from a state that `state(into:)` gave, of this stepper or another one of an equal network.
  ///
  /// - Throws: `.invalidData` for numbers that are no such state; the state is then as it was.
  package func setState(_ numbers: Vector) throws(Failure) {
    let counted = numbers.load(0)
    guard let count = Int(exactly: counted), count >= 0, mostObservations.map({ count <= $0 }) ?? (counted * Double(layers) < 0x1p53) else {
      throw Failure(.invalidData, "state: row 0 has had \(counted) observations; it must be a whole number from 0 on\(mostObservations.map { ", at most \($0)" } ?? "")")
    }
    for sample in 0..<rows {
      let start = sample * stateWidth
      guard numbers.load(start) == counted else {
        throw Failure(.invalidData, "state: row \(sample) has had \(numbers.load(start)) observations and row 0 \(count); the sequences of one stepper go on side by side, so that they must have had as many")
      }
      guard [0, 1].contains(numbers.load(start + 1)) else { throw Failure(.invalidData, "state: row \(sample) holds \(numbers.load(start + 1)) in column 1; it must be 0 or 1") }
    }
    observations = count
    for sample in 0..<rows {
      let start = sample * stateWidth
      stream.remember(of: sample, numbers, at: start + 1)
      for row in 0..<block.stateWidth { number(states[current], row).store(numbers.load(start + 1 + stream.memoryWidth + row), at: sample) }
    }
  }

  private func number(_ block: Block, _ row: Int) -> Vector { Vector(block.rows(row..<row + 1).base, count: columns, precision: plan.precision) }
}
