import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The structure of a network, made and checked once from its specification: the stages, which are connectors and blocks, the loss, and the place of each parameter.
package final class NetworkPlan: Sendable {
  package let specification: NetworkSpecification
  package let precision: Precision
  package let inputs: Int
  /// The shape of a sample.
  package let inputShape: Shape
  /// The scores at the end of a sample, or at each step of it.
  package let outputs: Int
  /// The states that the readout reads, where there are outputs at every step of a sequence; nil for outputs at the end.
  package let outputStates: StepStates?
  package let seed: UInt64
  /// The most samples of a tile.
  package let tileColumns: Int
  /// The most samples of a tile of sweeps with derivatives.
  package var derivativeColumns: Int { samplesTogether ?? tileColumns }
  /// The layout of sequences in the inputs; nil if the inputs are plain features.
  package let sequence: SequencePlan?
  /// The stages in the order in which a tile passes them. The first is a connector if there is an opening, the last if there is a readout.
  package let stages: [Stage]
  /// The connectors, each with the number of its stage.
  package let connectors: [(stage: Int, connector: Connector)]
  package let blocks: [ODEBlock]
  /// The shape of the visible state of each block.
  package let blockShapes: [Shape]
  package let memory: [any MemoryPolicy]
  /// The place of the known terms of a trajectory's equation; nil without any. Work with them runs on the calling thread, within `KnownTermsPlace.guarding`.
  package let knownTerms: KnownTermsPlace?
  /// How each block reads its outside input; nil for a block without one.
  package let drives: [BlockDrive?]
  /// The places of the readout's matrix and bias; nil if the final state is the scores, if the readout multiplies by other weights than its tensor, or if it reads the states of all steps.
  package let readout: AffineLayer?
  /// Whether the scores are a trained affine map of the final state, by weights that are scaled.
  let isReadoutScaled: Bool
  package let loss: any Loss
  /// How margins follow from the weights; nil for a loss that reads none.
  let marginRules: MarginRules?
  /// The first block that margins count with the constant 1 although its steps expand where its weights grow too large; nil without margins or such a block.
  package var blockWithLimit: Int? { marginRules?.blockWithLimit }
  package let tensors: [ParameterTensor]
  package let parameterCount: Int
  /// The number of parameters and, after them, of the layers' weights in blocks that mix weights from coefficients in time.
  package let extendedCount: Int
  /// For each stage the number of prepared numbers in the stages before it, followed by the number of all.
  private let preparedForTraining: [Int]
  private let preparedForInference: [Int]

  /// The largest number of parameters, which is what a model file can hold.
  package static let maximumParameters = 1 << 40

  /// - Parameter cost: a trajectory cost on the steps of all blocks, for sweeps that train; the states have the same bits.
  /// - Parameter knownTerms: the place of known terms that a network shares with the one that it is made from; nil: a place of its own, if it has known terms.
  /// - Throws: `.invalidArgument` for a missing option, `.incompatible` for parts that do not go together, also for a cost that is not defined for a block's integrator, and
  ///   `.outOfRange` for too many parameters.
  package init(_ specification: NetworkSpecification, charging cost: TrajectoryCost? = nil, knownTerms: KnownTermsPlace? = nil) throws(Failure) {
    let specification = try specification.resolved()
    self.specification = specification
    let network = specification.network
    let (given, required) = (try Self.inputShape(network), networkOptions.filter(\.isRequired).map(\.key))
    for key in required where !network.isSet(key) && !(key == "inputs" && given != nil) {
      throw Failure(.invalidArgument, "\(key) is not set; a specification must give \(required.joined(separator: " and "))")
    }
    precision = try network.text("precision") == Precision.float64.name ? .float64 : .float32
    let listed = Shape(channels: try network.integer("inputs"))
    inputShape = given ?? listed
    inputs = inputShape.features
    outputs = try network.integer("outputs")
    seed = UInt64(try network.integer("seed"))
    try checkLossOptions(network)
    let stepLoss = try losses(try network.text("loss")).make(network)
    try stepLoss.check(outputs: outputs)

    var layout = ParameterPlacement()
    var stages: [Stage] = []
    let opens = try openings(try network.text("opening"))
    let sequence = try SequencePlan(network, opens, inputs: inputs)
    self.sequence = sequence
    let terms = try network.flag("known_terms") ? knownTerms ?? KnownTermsPlace() : nil
    self.knownTerms = terms
    let givenWidth = try network.integer("width")
    let width = givenWidth > 0 ? givenWidth : sequence?.isTrajectory == true ? sequence?.format.channels ?? 0 : inputShape.channels
    var state = Shape(channels: width)
    for (key, norm, part, isDense) in [
      ("opening_norm", try network.text("opening_norm"), "opening \(try network.text("opening"))", opens == .dense || opens == .sequenceDense),
      ("readout_norm", try network.text("readout_norm"), "readout \(try network.text("readout"))", try readouts(try network.text("readout")) == .dense),
    ] where norm != "free" && !isDense {
      throw Failure(.incompatible, "\(key) is \(norm), but \(part) has no weights that could be scaled")
    }
    switch opens {
    case .zeroPadding:
      guard width >= inputShape.channels else {
        let (what, count) = inputShape.isImage ? ("channels of the inputs", inputShape.channels) : ("inputs", inputs)
        throw Failure(.incompatible, "width is \(width), less than \(what), \(count); opening zero_padding needs width >= \(what) (opening dense takes any)")
      }
      state = inputShape.with(channels: width)
    case .sequence: break
    case .trajectory: try Self.checkTrajectory(specification, width: width, channels: sequence?.format.channels ?? 0)
    case .dense, .sequenceDense:
      stages.append(.map(try layout.dense("opening", from: Shape(channels: sequence?.format.channels ?? inputs), to: state, norm: try network.text("opening_norm"), precision).connector))
    }
    var recipes: [BlockRecipe] = []
    // The shapes that connectors and blocks read.
    var (shapes, blockShapes) = ([Shape](), [Shape]())
    let chosenPrecision = precision
    // Where a block has no grid, making it says why.
    let layers = specification.blocks.map { (try? BlockRecipe.grid($0).layers) ?? 0 }
    // A residual connector is a layer too, as in the papers that count all residual blocks; it is always kept.
    let between = specification.connectors.map { $0.filter { (try? $0.text("connector")) == "residual" }.count }
    let depths = layers.reduce(0, +) + between.reduce(0, +)
    for (index, before) in specification.connectors.enumerated() {
      for options in before {
        let (number, input) = (shapes.count, state)
        let connector = try Self.naming(place: shapes.count + recipes.count, specification) { () throws(Failure) in
          try layout.connector("connectors.\(number)", options, from: input, chosenPrecision)
        }
        stages.append(.map(connector))
        state = connector.output
        shapes.append(input)
      }
      guard index < specification.blocks.count else { break }
      let shape = state
      recipes.append(
        try Self.naming(place: shapes.count + recipes.count, specification) { () throws(Failure) in
          let depth = BlockDepth(layers: layers[index], before: layers[..<index].reduce(0, +) + between[...index].reduce(0, +), network: depths)
          let recipe = try BlockRecipe(specification.blocks[index], shape: shape, precision: chosenPrecision, depth: depth, sequence: sequence, knownTerms: terms)
          try layout.add(recipe, index)
          return recipe
        })
      blockShapes.append(shape)
      stages.append(.block(index))
    }
    let readoutPlaces: AffineLayer?
    switch try readouts(try network.text("readout")) {
    case .dense:
      let norm = try network.text("readout_norm")
      let made = try layout.dense("readout", from: state, to: Shape(channels: outputs), norm: norm, precision)
      stages.append(.map(made.connector))
      readoutPlaces = norm == "free" ? made.places : nil
      isReadoutScaled = norm != "free"
    case .identity:
      guard outputs == state.features else {
        throw Failure(.incompatible, "outputs is \(outputs) but the state's width is \(state.features); readout identity needs them equal")
      }
      (readoutPlaces, isReadoutScaled) = (nil, false)
    }
    self.stages = stages
    connectors = stages.enumerated().compactMap { stage, each in if case .map(let connector) = each { (stage, connector) } else { nil } }
    // After all parameters come the weights that blocks compute from coefficients in time.
    var blocks: [ODEBlock] = []
    var memory: [any MemoryPolicy] = []
    var extended = layout.count
    for (index, recipe) in recipes.enumerated() {
      let block = try Self.naming(place: specification.place(ofBlock: index), specification) { () throws(Failure) in
        let block = try recipe.block(offset: layout.blockOffsets[index], expandedOffset: extended)
        try recipe.memory.check(block)
        return if let cost { try block.charged(cost) } else { block }
      }
      extended += block.layout.expandedCount
      guard extended <= Self.maximumParameters else { throw Failure(.outOfRange, "a network's layers have at most 2^40 weights together") }
      blocks.append(block)
      memory.append(recipe.memory)
    }
    self.blocks = blocks
    self.blockShapes = blockShapes
    self.memory = memory
    drives = try SequencePlan.drives(of: blocks, specification, sequence)
    outputStates = try SequencePlan.outputStates(of: blocks, specification, sequence, drives)
    if let outputStates {
      loss = try SteppedLoss(stepLoss, steps: outputStates.count, outputs: outputs)
      // Rows of scores are numbered for all steps together.
      guard outputs <= Self.maximumExtent / outputStates.count else { throw Failure(.outOfRange, "outputs times steps is more than \(Self.maximumExtent)") }
    } else {
      loss = stepLoss
    }
    readout = outputStates == nil ? readoutPlaces : nil
    extendedCount = extended
    func preparedOffsets(_ purpose: Purpose) -> [Int] {
      stages.reduce(into: [0]) { offsets, stage in
        let count = switch stage {
        case .map(let connector): connector.preparedCount(for: purpose)
        case .block(let index): blocks[index].preparedCount(for: purpose)
        }
        offsets.append(offsets[offsets.count - 1] + count)
      }
    }
    preparedForTraining = preparedOffsets(.training)
    preparedForInference = preparedOffsets(.inference)
    let states = [inputShape, state] + shapes + blockShapes
    tileColumns = states.contains(where: { $0.pixels > 1 }) ? Block.quantum : LinearAlgebra.tileColumns(width: max(width, blockShapes.map(\.features).max() ?? 0), precision: precision)
    tensors = layout.tensors
    var normalizations: [BatchNormalization] = []
    var statistics = 0
    for tensor in layout.tensors {
      guard case .normalization(let form?) = tensor.role, let channels = tensor.shape.last else { continue }
      for first in stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: 4 * channels) {
        normalizations.append(BatchNormalization(name: tensor.name, range: first..<first + 4 * channels, statistics: statistics..<statistics + 4 * channels, channels: channels, form: form))
        statistics += 4 * channels
      }
    }
    batchNormalizations = normalizations
    statisticsPlaces = Dictionary(uniqueKeysWithValues: normalizations.map { ($0.range.lowerBound, $0.statistics.lowerBound) })
    samplesTogether = try Self.samplesTogether(batchNormalizations)
    parameterCount = layout.count
    marginRules = loss.marginRadius == nil ? nil : try MarginRules(stages: stages, blocks: blocks, hasReadout: readout != nil || isReadoutScaled, outputs: outputs)
  }

  /// Refuses networks in which the states of trajectories would be something else than those of their only block.
  private static func checkTrajectory(_ specification: NetworkSpecification, width: Int, channels: Int) throws(Failure) {
    guard specification.blocks.count == 1, specification.connectors[0].isEmpty else {
      throw Failure(.incompatible, "opening trajectory begins one block with the state itself; a network of trajectories has one block, and no connector before it")
    }
    guard width >= channels else {
      throw Failure(.incompatible, "width is \(width), less than channels, \(channels), the numbers of a trajectory's state; a larger width adds features that begin at zero")
    }
  }

  /// The same plan with a trajectory cost on the steps of all blocks.
  package func charged(_ cost: TrajectoryCost) throws(Failure) -> NetworkPlan { try NetworkPlan(specification, charging: cost, knownTerms: knownTerms) }

  /// Adds the place in the list "blocks" to a failure, unless there is one block alone.
  private static func naming<Result>(place: Int, _ specification: NetworkSpecification, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) { return try body() } catch {
      if specification.blocks.count == 1, specification.connectors.allSatisfy(\.isEmpty) { throw error }
      let origin = specification.architecture.map { "architecture \($0), " } ?? ""
      throw Failure(error.status, "\(origin)blocks[\(place)]: \(error.message)")
    }
  }

  /// The shape that the option `input_shape` gives; nil without one.
  /// - Throws: `.outOfRange` for extents that are not whole numbers or too many; `.incompatible` if `inputs` is another number.
  static func inputShape(_ network: OptionValues) throws(Failure) -> Shape? {
    let (text, numbers) = (try network.text("input_shape"), try network.reals("input_shape"))
    guard !numbers.isEmpty else { return nil }
    let extents = numbers.compactMap { Int(exactly: $0) }
    guard extents.count == numbers.count, 2...3 ~= extents.count, extents.allSatisfy({ 1...maximumExtent ~= $0 }), extents.reduce(1.0, { $0 * Double($1) }) <= Double(maximumExtent) else {
      throw Failure(.outOfRange, "input_shape is [\(text)]; it must be channels, height, width, or channels, length: whole numbers >= 1 with a product of at most \(maximumExtent)")
    }
    let shape = extents.count == 3 ? Shape(channels: extents[0], height: extents[1], width: extents[2]) : Shape(channels: extents[0], height: 1, width: extents[1])
    if network.isSet("inputs"), try network.integer("inputs") != shape.features {
      throw Failure(.incompatible, "inputs is \(try network.integer("inputs")) but input_shape [\(text)] has \(shape.features) numbers; leave inputs out")
    }
    let opening = try network.text("opening")
    if try openings(opening).takesSequences { throw Failure(.incompatible, "input_shape is set, but opening \(opening) takes sequences, which have no shape") }
    return shape
  }

  /// The most numbers in one sample.
  private static let maximumExtent = 1 << 28

  /// The range of a stage's operators in a vector of all prepared operators.
  package func preparedRange(stage: Int, for purpose: Purpose) -> Range<Int> {
    let offsets = purpose == .inference ? preparedForInference : preparedForTraining
    return offsets[stage]..<offsets[stage + 1]
  }

  /// The count of numbers in all prepared operators.
  package func preparedCount(for purpose: Purpose) -> Int { (purpose == .inference ? preparedForInference : preparedForTraining)[stages.count] }

  /// The number of the stage that is block `index`.
  package func stage(ofBlock index: Int) -> Int {
    guard let stage = stages.firstIndex(where: { if case .block(index) = $0 { true } else { false } }) else { preconditionFailure("no block \(index)") }
    return stage
  }

  /// The number of stages before the readout: its input is the output of the last of them.
  var stagesBeforeReadout: Int { readout == nil ? passedStages : stages.count - 1 }
  /// The number of stages that a tile passes one after the other. A readout that reads the states of all steps is no such stage: it acts while the last block is passed.
  var passedStages: Int { stepReadout == nil ? stages.count : stages.count - 1 }
  /// The readout of the states of all steps; nil for outputs at the end, and where the scores are the states.
  var stepReadout: (stage: Int, connector: Connector)? {
    guard outputStates != nil, let last = connectors.last, last.stage == stages.count - 1 else { return nil }
    return last
  }
  /// The stage whose states the readout reads step by step; nil for outputs at the end.
  var steppedStage: Int? { outputStates == nil ? nil : passedStages - 1 }

  /// The loss of one step, or of the end.
  package var stepLoss: any Loss { (loss as? SteppedLoss)?.loss ?? loss }
  /// The number of steps with outputs; nil for outputs at the end.
  package var steps: Int? { outputStates?.count }
  /// The number of scores of a sample: the outputs, of all steps where there are some at each.
  package var scoreCount: Int { outputs * (outputStates?.count ?? 1) }

  /// A reader of the states of all steps; nil for outputs at the end.
  func stepReader(scores: Block, tangents: Block? = nil) -> StepReader? {
    outputStates.map { StepReader($0, stepReadout?.connector.map, outputs: outputs, scores: scores, tangents: tangents) }
  }

  /// Which of two memories holds a stage's output (for a block, all its states): the other one after each connector, which reads one while it writes the other.
  private func bank(ofOutput stage: Int) -> Int { stages[...stage].dropFirst().reduce(0) { bank, stage in if case .map = stage { 1 - bank } else { bank } } }

  /// Which of the two memories holds a stage's input, or its cotangent.
  func bank(ofInput stage: Int) -> Int {
    if case .block = stages[stage] { return bank(ofOutput: stage) }
    return stage == 0 ? 1 : bank(ofOutput: stage - 1)
  }

  /// The normalizations with running averages, one for each layer's entry in its tensor.
  package let batchNormalizations: [BatchNormalization]
  /// For the place of each of their entries in the parameters the place in the statistics.
  let statisticsPlaces: [Int: Int]
  /// The numbers of the statistics of all batch normalizations.
  var statisticsCount: Int { batchNormalizations.last?.statistics.upperBound ?? 0 }
  /// How many parameters are running averages.
  package var runningAverages: Int { batchNormalizations.reduce(0) { $0 + 2 * $1.channels } }
  /// How many samples of a training batch are normalized together, each group being a tile; nil where samples are independent, or all samples of a batch are normalized together.
  package let samplesTogether: Int?
  /// Whether a sample's result depends on the other samples of its batch while training.
  package var couplesSamples: Bool { !batchNormalizations.isEmpty }

  /// Whether training draws random numbers: for noise in the layers, for a random scheme, or for a connector.
  package var drawsNumbers: Bool { blocks.contains(where: \.drawsNumbers) || connectors.contains(where: \.connector.drawsNumbers) }

  package var maximumScratchWidth: Int { max(blocks.map(\.scratchWidth).max() ?? 0, connectors.map(\.connector.scratchWidth).max() ?? 0) }
  package var maximumRecordWidth: Int { max(blocks.map(\.recordWidth).max() ?? 0, connectors.map(\.connector.recordWidth).max() ?? 0) }
  /// The number of target values of one sample, if targets are values.
  package var targetCount: Int { targetsOfStep * (steps ?? 1) }
  /// The number of target values at the end, or of one step.
  package var targetsOfStep: Int { loss.targets(outputs: outputs) }
  /// The shape of the target values of `samples` samples, for messages.
  package func targetShape(_ samples: Int) -> String { steps.map { "[\(samples), \($0), \(targetsOfStep)]" } ?? "[\(samples), \(targetCount)]" }
  /// Why targets are fewer than outputs, for messages; empty if they are as many.
  package var targetNote: String { targetsOfStep == outputs ? "" : ", one value for each \(outputs / targetsOfStep) of the \(outputs) outputs" }
  /// The number of integers that say the class or the labels of a sample, of all its steps; 0 if the loss has neither.
  package var classColumns: Int { predictions.classes }
  /// The number of classes that labels may name; 0 if targets are values.
  package var classes: Int { loss.classes(outputs: outputs) }
}
