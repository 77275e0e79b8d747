import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// The structure of a network, made and checked once from its specification: opening → blocks → readout → loss, and the place of each parameter.
package struct NetworkPlan: Sendable {
  package let specification: NetworkSpecification
  package let precision: Precision
  package let inputs: Int
  package let outputs: Int
  package let width: Int
  package let seed: UInt64
  /// nil if inputs are padded with zeros, or the state starts at zero.
  package private(set) var opening: AffineLayer?
  /// The layout of sequences in the inputs; nil if the inputs are plain features.
  package let sequence: SequencePlan?
  package private(set) var blocks: [ODEBlock]
  package let memory: [any MemoryPolicy]
  /// The points at which each block reads its outside input; nil for a block without one.
  package let drives: [PathSampling?]
  /// nil if the final state is the scores.
  package private(set) var readout: AffineLayer?
  package let loss: any Loss
  package let tensors: [ParameterTensor]
  package let parameterCount: Int
  /// The number of parameters and, after them, of the layers' weights in blocks that mix weights from coefficients in time.
  package let extendedCount: Int

  /// The largest number of parameters, which is what a model file can hold.
  package static let maximumParameters = 1 << 40

  /// - Throws: `.invalidArgument` for a missing option, `.incompatible` for parts that do not go together, `.outOfRange` for too many parameters.
  package init(_ specification: NetworkSpecification) throws(Failure) {
    self.specification = specification
    let network = specification.network
    let required = networkOptions.filter(\.isRequired).map(\.key)
    for key in required where !network.isSet(key) {
      throw Failure(.invalidArgument, "\(key) is not set; a specification must give \(required.joined(separator: " and "))")
    }
    precision = try network.text("precision") == Precision.float64.name ? .float64 : .float32
    inputs = try network.integer("inputs")
    outputs = try network.integer("outputs")
    let givenWidth = try network.integer("width")
    width = givenWidth == 0 ? inputs : givenWidth
    seed = UInt64(try network.integer("seed"))
    loss = try losses(try network.text("loss"))
    try loss.check(outputs: outputs)

    var layout = ParameterPlacement()
    let opens = try openings(try network.text("opening"))
    sequence = try SequencePlan(network, opens, inputs: inputs)
    switch opens {
    case .zeroPadding:
      guard width >= inputs else {
        throw Failure(.incompatible, "width is \(width), less than inputs, \(inputs); opening zero_padding needs width >= inputs (opening dense takes any)")
      }
      opening = nil
    case .dense:
      opening = try layout.affineLayer("opening", outputs: width, inputs: inputs)
    case .sequence:
      opening = nil
    case .sequenceDense:
      opening = try layout.affineLayer("opening", outputs: width, inputs: sequence?.format.channels ?? inputs)
    }
    var recipes: [BlockRecipe] = []
    let (stateWidth, chosenPrecision, drive) = (width, precision, sequence?.configuration ?? DriveConfiguration())
    for (index, options) in specification.blocks.enumerated() {
      recipes.append(
        try Self.naming(index, specification) { () throws(Failure) in
          let recipe = try BlockRecipe(options, width: stateWidth, precision: chosenPrecision, drive: drive)
          try layout.add(recipe, index)
          return recipe
        })
    }
    switch try readouts(try network.text("readout")) {
    case .dense:
      readout = try layout.affineLayer("readout", outputs: outputs, inputs: width)
    case .identity:
      guard outputs == width else {
        throw Failure(.incompatible, "outputs is \(outputs) but the state's width is \(width); readout identity needs them equal")
      }
      readout = nil
    }
    // After all parameters come the weights that blocks compute from coefficients in time.
    var blocks: [ODEBlock] = []
    var memory: [any MemoryPolicy] = []
    var extended = layout.count
    for (index, recipe) in recipes.enumerated() {
      let block = try Self.naming(index, specification) { () throws(Failure) in
        let block = try recipe.block(offset: layout.blockOffsets[index], expandedOffset: extended)
        try recipe.memory.check(block)
        return block
      }
      extended += block.layout.expandedCount
      guard extended <= Self.maximumParameters else { throw Failure(.outOfRange, "a network's layers have at most 2^40 weights together") }
      blocks.append(block)
      memory.append(recipe.memory)
    }
    self.blocks = blocks
    self.memory = memory
    drives = try SequencePlan.drives(of: blocks, specification, sequence)
    extendedCount = extended
    // Transposed copies for single samples lie after the blocks' prepared operators.
    var next = blocks.reduce(0) { $0 + $1.preparedCount(for: .inference) }
    opening?.preparedOffset = next
    next += opening.map { $0.outputs * $0.inputs } ?? 0
    readout?.preparedOffset = next
    tensors = layout.tensors
    parameterCount = layout.count
  }

  /// The same plan with a trajectory cost on the steps of all blocks, for sweeps that train.
  /// - Throws: `.incompatible` if the cost is not defined for a block's integrator.
  package func charged(_ cost: TrajectoryCost) throws(Failure) -> NetworkPlan {
    var plan = self
    for index in blocks.indices {
      plan.blocks[index] = try Self.naming(index, specification) { () throws(Failure) in try self.blocks[index].charged(cost) }
    }
    return plan
  }

  /// Adds the block's index to a failure if there are several blocks.
  private static func naming<Result>(_ index: Int, _ specification: NetworkSpecification, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) { return try body() } catch {
      throw specification.blocks.count == 1 ? error : Failure(error.status, "blocks[\(index)]: \(error.message)")
    }
  }

  /// The count of numbers in the prepared operators of the blocks before block `index`: the offset of its own operators.
  package func preparedOffset(_ index: Int, for purpose: Purpose) -> Int {
    var offset = 0
    for block in 0..<index { offset += blocks[block].preparedCount(for: purpose) }
    return offset
  }

  /// The count of numbers in all prepared operators; for inference it includes the transposed opening and readout.
  package func preparedCount(for purpose: Purpose) -> Int {
    let maps = purpose == .inference ? [opening, readout].compactMap { $0 }.reduce(0) { $0 + $1.outputs * $1.inputs } : 0
    return preparedOffset(blocks.count, for: purpose) + maps
  }

  /// Whether training draws random numbers: for noise in the layers, or for a random scheme.
  package var drawsNumbers: Bool { blocks.contains(where: \.drawsNumbers) }

  package var maximumStateWidth: Int { blocks.map(\.stateWidth).max() ?? width }
  package var maximumScratchWidth: Int { blocks.map(\.scratchWidth).max() ?? 0 }
  package var maximumRecordWidth: Int { blocks.map(\.recordWidth).max() ?? 0 }
  /// The number of classes that labels may name; 0 if targets are values.
  package var classes: Int { loss.classes(outputs: outputs) }
}
