import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// A parameter tensor of a network: its name, shape and place in the one parameter vector.
package struct ParameterTensor: Sendable {
  /// "opening.W", "blocks.0.K", "readout.b".
  package let name: String
  package let shape: [Int]
  package let range: Range<Int>
  package let role: ParameterShape.Role
  /// How the first values are made.
  package let initial: ParameterShape.Initial
  /// The block whose layers the first dimension counts; nil outside blocks.
  package let block: Int?
}

/// A trained affine map Wx + b outside the blocks: opening or readout.
package struct AffineMap: Sendable {
  package let outputs: Int
  package let inputs: Int
  let weightOffset: Int
  let biasOffset: Int
  /// Where the transposed copy for single samples lies in the prepared vector.
  var preparedOffset = 0

  /// - Parameter origin: where the vector begins among the network's parameters.
  func matrix(_ vector: Vector, origin: Int = 0) -> Matrix {
    Matrix(vector.base + (weightOffset - origin) * vector.precision.byteCount, rows: outputs, columns: inputs, precision: vector.precision)
  }
  func bias(_ vector: Vector, origin: Int = 0) -> Bias { Bias(vector.base + (biasOffset - origin) * vector.precision.byteCount, stride: 1) }
  /// W as a view of its transposed copy, whose outputs are contiguous.
  func preparedMatrix(_ prepared: Vector) -> Matrix {
    Matrix(prepared.base + preparedOffset * prepared.precision.byteCount, rows: inputs, columns: outputs, precision: prepared.precision).transposed
  }
}

/// The geometry of a network, made and checked once from its specification: opening → blocks → readout → loss, and where each parameter lies.
package struct NetworkPlan: Sendable {
  package let specification: NetworkSpecification
  package let precision: Precision
  package let inputs: Int
  package let outputs: Int
  package let width: Int
  package let seed: UInt64
  /// nil: padding with zeros, or a state that starts at zero.
  package private(set) var opening: AffineMap?
  /// How the inputs hold sequences; nil where they are features.
  package let sequence: SequencePlan?
  package private(set) var blocks: [ODEBlock]
  package let memory: [any MemoryPolicy]
  /// Where the outside input of each block is read; nil for a block that takes none.
  package let drives: [PathSampling?]
  /// nil: the state is the scores.
  package private(set) var readout: AffineMap?
  package let loss: any Loss
  package let tensors: [ParameterTensor]
  package let parameterCount: Int
  /// Parameters and, behind them, the layers' weights of blocks whose weights are mixed in time.
  package let extendedCount: Int

  /// The most numbers all parameters together may have: what a model file of this format holds.
  package static let maximumParameters = 1 << 40

  /// - Throws: `.invalidArgument` for what is missing, `.incompatible` for parts that do not go together, `.outOfRange` for too many parameters.
  package init(_ specification: NetworkSpecification) throws(Failure) {
    self.specification = specification
    let network = specification.network
    for key in ["inputs", "outputs"] where !network.isSet(key) {
      throw Failure(.invalidArgument, "\(key) is not set; a specification must give inputs and outputs")
    }
    precision = try network.text("precision") == Precision.float64.name ? .float64 : .float32
    inputs = try network.integer("inputs")
    outputs = try network.integer("outputs")
    let givenWidth = try network.integer("width")
    width = givenWidth == 0 ? inputs : givenWidth
    seed = UInt64(try network.integer("seed"))
    loss = try losses(try network.text("loss"))
    try loss.check(outputs: outputs)

    var layout = ParameterLayout()
    let opens = try openings(try network.text("opening"))
    sequence = try SequencePlan(network, opens, inputs: inputs)
    switch opens {
    case .zeroPadding:
      guard width >= inputs else {
        throw Failure(.incompatible, "width is \(width), less than inputs, \(inputs); opening zero_padding needs width >= inputs (opening dense takes any)")
      }
      opening = nil
    case .dense:
      opening = try layout.affineMap("opening", outputs: width, inputs: inputs)
    case .sequence:
      opening = nil
    case .sequenceDense:
      opening = try layout.affineMap("opening", outputs: width, inputs: sequence?.format.channels ?? inputs)
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
      readout = try layout.affineMap("readout", outputs: outputs, inputs: width)
    case .identity:
      guard outputs == width else {
        throw Failure(.incompatible, "outputs is \(outputs) but the state's width is \(width); readout identity needs them equal")
      }
      readout = nil
    }
    // Behind all parameters: the weights that blocks make from coefficients in time.
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
    // Transposed copies for single samples lie behind the blocks' prepared operators.
    var next = blocks.reduce(0) { $0 + $1.preparedCount(for: .inference) }
    opening?.preparedOffset = next
    next += opening.map { $0.outputs * $0.inputs } ?? 0
    readout?.preparedOffset = next
    tensors = layout.tensors
    parameterCount = layout.count
  }

  /// The same plan with the steps of all blocks charged, for sweeps that train.
  /// - Throws: `.incompatible` when the cost means nothing for a block's integrator.
  package func charged(_ cost: TrajectoryCost) throws(Failure) -> NetworkPlan {
    var plan = self
    for index in blocks.indices {
      plan.blocks[index] = try Self.naming(index, specification) { () throws(Failure) in try self.blocks[index].charged(cost) }
    }
    return plan
  }

  /// Says which block a failure is about, where there are several.
  private static func naming<Result>(_ index: Int, _ specification: NetworkSpecification, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) { return try body() } catch {
      throw specification.blocks.count == 1 ? error : Failure(error.status, "blocks[\(index)]: \(error.message)")
    }
  }

  /// Numbers of prepared operators of the blocks before block `index`, where its own begin.
  package func preparedOffset(_ index: Int, for purpose: Purpose) -> Int {
    var offset = 0
    for block in 0..<index { offset += blocks[block].preparedCount(for: purpose) }
    return offset
  }

  /// Numbers of all prepared operators; for inference with the transposed opening and readout.
  package func preparedCount(for purpose: Purpose) -> Int {
    let maps = purpose == .inference ? [opening, readout].compactMap { $0 }.reduce(0) { $0 + $1.outputs * $1.inputs } : 0
    return preparedOffset(blocks.count, for: purpose) + maps
  }

  /// Whether training draws random numbers: noise in the layers, or a scheme that is random itself.
  package var drawsNumbers: Bool { blocks.contains(where: \.drawsNumbers) }

  package var maximumStateWidth: Int { blocks.map(\.stateWidth).max() ?? width }
  package var maximumScratchWidth: Int { blocks.map(\.scratchWidth).max() ?? 0 }
  package var maximumRecordWidth: Int { blocks.map(\.recordWidth).max() ?? 0 }
  /// Classes that labels may name; 0 when targets are values.
  package var classes: Int { loss.classes(outputs: outputs) }
}

/// Names tensors and hands out their places, with checked arithmetic.
private struct ParameterLayout {
  var tensors: [ParameterTensor] = []
  var count = 0
  var blockOffsets: [Int] = []

  mutating func add(_ recipe: BlockRecipe, _ index: Int) throws(Failure) {
    blockOffsets.append(count)
    // Offsets do not change what tensors a block has.
    for tensor in try recipe.block(offset: 0, expandedOffset: 0).layout.tensors {
      try add("blocks.\(index).\(tensor.name)", tensor.shape, tensor.role, recipe.scaled(tensor.initial), block: index)
    }
  }

  mutating func add(_ name: String, _ shape: [Int], _ role: ParameterShape.Role, _ initial: ParameterShape.Initial, block: Int?) throws(Failure) {
    var size = 1
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      size = overflow ? Int.max : product
      guard size <= NetworkPlan.maximumParameters else {
        throw Failure(.outOfRange, "\(name) would have shape \(shape); a network has at most 2^40 parameters")
      }
    }
    guard count + size <= NetworkPlan.maximumParameters else { throw Failure(.outOfRange, "a network has at most 2^40 parameters; \(name) exceeds that") }
    tensors.append(ParameterTensor(name: name, shape: shape, range: count..<count + size, role: role, initial: initial, block: block))
    count += size
  }

  mutating func affineMap(_ name: String, outputs: Int, inputs: Int) throws(Failure) -> AffineMap {
    let weightOffset = count
    try add("\(name).W", [outputs, inputs], .weight, .normal(deviation: 1 / Double(inputs).squareRoot()), block: nil)
    let biasOffset = count
    try add("\(name).b", [outputs], .bias, .normal(deviation: 0), block: nil)
    return AffineMap(outputs: outputs, inputs: inputs, weightOffset: weightOffset, biasOffset: biasOffset)
  }
}
