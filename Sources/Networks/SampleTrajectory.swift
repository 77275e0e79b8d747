import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The trajectory of one sample through a network, with everything that the derivatives of each link of it need.
///
/// A network is a chain of links: connectors, the beginnings and ends of blocks, and layers. Each link maps a vector of numbers to the next one, and the trajectory keeps the vectors between the links and the record of each link. So the
/// tangent and the cotangent of a single link, or of any part of the chain, can be asked for as often as one likes. All products are those of the discrete steps; batch normalizations take their running averages, as in evaluation.
///
/// Memory: the states of all layers and their records; none of it grows with the number of samples, because one sample at a time is followed (`follow`). One caller at a time may use it.
package final class SampleTrajectory {
  /// One link of the chain.
  package enum Link: Equatable, Sendable {
    /// A connector, by the number of its stage.
    case connector(stage: Int)
    /// Completes the state of a block, whose visible rows are given: it adds momenta and what a multi-step method remembers.
    case start(block: Int)
    case layer(block: Int, index: Int)
    /// Takes the visible rows of a block's last state.
    case end(block: Int)
  }

  /// The most layers of a network whose samples are followed.
  package static let mostLayers = 1 << 14

  package let plan: NetworkPlan
  package let links: [Link]
  /// The vectors between the links, from the input of the first stage to the scores: one more than links, one column each.
  private let states: [Block]
  private let records: [Block]
  private let scratch: Block
  private let sequences: SequenceScratch
  /// The network's extended parameters, with the operators of all stages prepared for training.
  package let weights: Weights
  private let log = StepLog()
  private let arena: Arena

  /// - Parameters:
  ///   - parameters: the network's parameters in the plan's precision. They must outlive the trajectory, unless the plan is extended.
  /// - Throws: `.outOfRange` for more than `mostLayers` layers; `.memory`; the reason why the work must end.
  package init(_ plan: NetworkPlan, _ parameters: Vector) throws(Failure) {
    self.plan = plan
    let layers = plan.blocks.reduce(0) { $0 + min($1.layers, Self.mostLayers + 1) }
    guard layers <= Self.mostLayers else { throw Failure(.outOfRange, "the network has more than \(Self.mostLayers) layers; analyses keep the states of all layers and take at most so many") }
    var (links, rows, recordRows): ([Link], [Int], [Int]) = ([], [plan.firstWidth], [])
    for (stage, each) in plan.stages.enumerated() {
      switch each {
      case .map(let connector):
        links.append(.connector(stage: stage))
        rows.append(connector.output.features)
        recordRows.append(connector.recordWidth)
      case .block(let index):
        let block = plan.blocks[index]
        links.append(.start(block: index))
        rows.append(block.stateWidth)
        recordRows.append(0)
        for j in 0..<block.layers {
          links.append(.layer(block: index, index: j))
          rows.append(block.stateWidth)
          recordRows.append(block.recordWidth)
        }
        links.append(.end(block: index))
        rows.append(block.width)
        recordRows.append(0)
      }
    }
    self.links = links
    let precision = plan.precision
    var size = Arena.Size()
    size.add(count: plan.preparedCount(for: .training), precision: precision)
    if plan.isExtended { size.add(count: plan.extendedCount, precision: precision) }
    for count in rows + recordRows + [plan.maximumScratchWidth] { size.add(rows: count, columns: 1, precision: precision) }
    SequenceRows(plan).add(to: &size, columns: 1)
    let arena = try Arena(size)
    self.arena = arena
    let prepared = arena.vector(count: plan.preparedCount(for: .training), precision: precision)
    let extended = plan.isExtended ? arena.vector(count: plan.extendedCount, precision: precision) : nil
    if let extended { try plan.extend(parameters, into: extended) }
    plan.prepare(extended ?? parameters, into: prepared, for: .training)
    try Watch.check()
    weights = Weights(parameters: extended ?? parameters, prepared: prepared)
    let mark = arena.mark
    states = rows.map { arena.block(rows: $0, columns: 1, precision: precision) }
    records = recordRows.map { arena.block(rows: $0, columns: 1, precision: precision) }
    scratch = arena.block(rows: plan.maximumScratchWidth, columns: 1, precision: precision)
    sequences = SequenceScratch(arena, SequenceRows(plan), columns: 1)
    FreshMemory(arena, since: mark).provide(Watch.current)
    try Watch.check()
  }

  /// Follows one sample through the network.
  ///
  /// - Throws: the failure of a step, or of a state that is not finite, naming the sample and the layer; the reason why the work must end.
  package func follow(_ source: BatchSource, sample: Int) throws(Failure) {
    let watch = Watch.current
    log.clear()
    log.samples = sample..<sample + 1
    log.watch = watch
    defer { log.watch = .none }
    plan.take(source, sample..<sample + 1, into: states[0], sequences: sequences)
    for (index, link) in links.enumerated() {
      try watch.check()
      let (before, after) = (states[index], states[index + 1])
      switch link {
      case .connector(let stage):
        if case .map(let connector) = plan.stages[stage] { connector.evaluate(own(stage), at: before, into: after, record: records[index], scratch: scratch) }
      case .start(let block):
        copy(before, into: plan.blocks[block].visible(after))
        plan.blocks[block].start(after)
      case .layer(let number, let j):
        let block = plan.blocks[number]
        block.integrator.step(block.field, step(number, j), from: before, into: after, record: records[index], scratch: scratch)
      case .end(let block): copy(plan.blocks[block].visible(before), into: after)
      }
      log.requireFinite(after, within: plan.precision.largest, "numbers after \(Self.name(link, plan))")
      if let first = log.first { throw source.named(first) }
    }
    try watch.check()
  }

  /// The vector before link `index`; after the last link for an index as large as their number: the scores.
  package func state(_ index: Int) -> Block { states[index] }
  package func width(_ index: Int) -> Int { states[index].rows }
  /// The most numbers that one of the vectors has.
  package var largestWidth: Int { states.reduce(0) { max($0, $1.rows) } }

  /// The step of a layer, with its weights.
  package func step(_ block: Int, _ j: Int) -> Step { plan.blocks[block].step(j, own(plan.stage(ofBlock: block))) }

  private func own(_ stage: Int) -> Weights {
    var drive: Block?
    if case .block(let index) = plan.stages[stage] { drive = sequences.drive(index) }
    return plan.weights(stage: stage, weights, log: log, drive: drive)
  }

  /// out = J·v for link `index`, `v` having the rows of the vector before it, and `out`, other memory, those of the vector after it.
  ///
  /// - Parameter direction: a direction in the parameters with its operators prepared (`NetworkPlan.prepareDirection`), whose part is added; nil for zero.
  package func pushforward(_ index: Int, _ v: Block, into out: Block, direction: Weights? = nil) {
    let (before, after) = (states[index], states[index + 1])
    switch links[index] {
    case .connector(let stage):
      guard case .map(let connector) = plan.stages[stage] else { return }
      connector.pushforward(own(stage), direction: direction.map { plan.weights(stage: stage, $0) }, at: before, record: records[index], tangent: v, into: out, scratch: scratch)
    case .start(let block):
      copy(v, into: plan.blocks[block].visible(out))
      plan.blocks[block].start(out)
    case .layer(let number, let j):
      let block = plan.blocks[number]
      let change = direction.map { block.step(j, plan.weights(stage: plan.stage(ofBlock: number), $0)).weights }
      block.integrator.pushforward(block.field, step(number, j), direction: change, before: before, after: after, record: records[index], tangent: v, into: out, scratch: scratch)
    case .end(let block): copy(plan.blocks[block].visible(v), into: out)
    }
  }

  /// out = Jᵀp for link `index`. `p` has the rows of the vector after the link and is left in an undefined state; `out`, other memory, gets those of the vector before it.
  ///
  /// - Parameter gradient: an extended vector in which (∂/∂θ)ᵀp accumulates, in the form that `NetworkPlan` finishes; nil if it is not wanted.
  package func pullback(_ index: Int, _ p: Block, into out: Block, gradient: Vector? = nil) {
    let (before, after) = (states[index], states[index + 1])
    switch links[index] {
    case .connector(let stage):
      guard case .map(let connector) = plan.stages[stage] else { return }
      connector.pullback(own(stage), at: before, record: records[index], cotangent: p, into: out, gradient: gradient, scratch: scratch)
    case .start(let block):
      plan.blocks[block].startPullback(p)
      copy(plan.blocks[block].visible(p), into: out)
    case .layer(let number, let j):
      let block = plan.blocks[number]
      copy(p, into: out)
      block.integrator.pullback(
        block.field, step(number, j), before: before, after: after, record: records[index], cotangent: out,
        gradient: block.gradient(j, gradient.map { BlockGradient($0) }), scratch: scratch)
    case .end(let block):
      copy(p, into: plan.blocks[block].visible(out))
      plan.blocks[block].clearInvisible(out)
    }
  }

  /// Runs `body`, which works on links of the trajectory, so that steps with iterations of their own ask this thread's watch, and throws what they report.
  /// - Throws: the failure of a step; the reason why the work must end; what `body` throws.
  package func working<Result>(_ source: BatchSource, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    log.watch = .current
    defer { log.watch = .none }
    let result = try body()
    try Watch.check()
    if let first = log.first { throw source.named(first) }
    return result
  }

  /// The ranges of the extended parameters that a link reads; none for links without parameters.
  package func parameterRanges(of link: Link) -> [Range<Int>] {
    switch link {
    case .start, .end: return []
    case .connector(let stage):
      guard case .map(let connector) = plan.stages[stage] else { return [] }
      return plan.tensors.filter { $0.name.hasPrefix(connector.name + ".") }.map(\.range)
    case .layer(let number, let j):
      let layout = plan.blocks[number].layout
      var ranges: [Range<Int>] = []
      layout.forEachRange(of: layout.entry(of: j)..<layout.entry(of: j) + 1) { ranges.append($0) }
      // The scheme's own tensors, one entry for each layer.
      for tensor in layout.tensors where tensor.entries != .coefficients {
        guard let found = plan.tensors.first(where: { $0.name == "blocks.\(number).\(tensor.name)" }), let entries = tensor.shape.first, entries > 0 else { continue }
        let (count, entry) = (found.range.count / entries, tensor.entries == .layers ? j : j - 1)
        if entry >= 0 { ranges.append(found.range.lowerBound + entry * count..<found.range.lowerBound + (entry + 1) * count) }
      }
      return ranges.filter { !$0.isEmpty }
    }
  }

  /// What a link is called in messages and reports: "layer 3 of block 0", "the connector readout".
  package static func name(_ link: Link, _ plan: NetworkPlan) -> String {
    switch link {
    case .connector(let stage):
      if case .map(let connector) = plan.stages[stage] { return "the connector \(connector.name)" }
      return "stage \(stage)"
    case .start(let block): return "the beginning of block \(block)"
    case .layer(let block, let index): return "layer \(index) of block \(block)"
    case .end(let block): return "the end of block \(block)"
    }
  }
}

extension NetworkPlan {
  /// The rows of the input of the first stage.
  fileprivate var firstWidth: Int {
    switch stages[0] {
    case .map(let connector): connector.input.features
    case .block(let index): blocks[index].width
    }
  }
}
