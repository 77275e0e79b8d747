import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// A discretized differential equation: a field, an integrator, a time grid of N layers, and a basis in time, which defines how the layers get their weights.
///
/// Everything that a sweep needs at every layer is determined here once. A class, because a copy of so many references would cost more than a layer of a small network. The first rows of a state are the visible ones, which blocks pass to one another.
package final class ODEBlock: Sendable {
  /// The field that is stepped, wrapped with noise if the block has noise.
  package let field: any VectorField
  /// The field without noise.
  package let plainField: any VectorField
  /// The right-hand side itself: the field without noise and, if samples have times of their own, without their rates.
  package var equation: any VectorField { (plainField as? OwnTimeField)?.field ?? plainField }
  /// Whether each sample advances by intervals of its own.
  package var hasOwnTimes: Bool { plainField is OwnTimeField }
  package let integrator: any Integrator
  package let grid: TimeGrid
  package let basis: any TimeBasis
  package let layout: BlockLayout
  package let precision: Precision
  /// Whether its layers draw random numbers while training.
  package let drawsNumbers: Bool
  /// The number of features in the visible state.
  package let width: Int
  /// The numbers of rows in a whole state, in a step's record, and in the scratch memory of steps and derivatives.
  package let stateWidth: Int
  package let recordWidth: Int
  package let scratchWidth: Int
  /// The number of rows of outside input for one layer, over all nodes, or for the layers that share it; 0 for a field without outside input.
  package let driveWidth: Int
  /// How many consecutive layers share their outside input.
  package let layersPerDrive: Int
  private let preparedForTraining: Int
  private let preparedForInference: Int
  private let noise: (any LayerNoise)?
  /// Whether the steps of two layers differ only in the addresses of their weights, by constant distances.
  private let movesEvenly: Bool

  /// - Parameters:
  ///   - offset: the place at which the block's parameters begin in the network's parameter vector.
  ///   - expandedOffset: the place at which its layers' weights begin in the extended vector, if a basis mixes them.
  ///   - noise: the noise in the layers while training.
  /// - Throws: `.incompatible` if the integrator refuses the field or the noise, or basis, grid and integrator cannot be combined.
  package init(
    field plainField: any VectorField, integrator scheme: any Integrator, grid: TimeGrid, basis: any TimeBasis = LayerwiseBasis(), offset: Int, expandedOffset: Int = 0,
    noise: (any LayerNoise)? = nil, precision: Precision
  ) throws(Failure) {
    try scheme.check(plainField)
    let integrator = try scheme.adapted(to: plainField, precision)
    if noise != nil { try integrator.checkNoise() }
    let field: any VectorField = noise.map { NoisyField(plainField, $0) } ?? plainField
    if !grid.isUniform { try integrator.checkUnequalSteps() }
    try integrator.check(precision)
    self.field = field
    self.plainField = plainField
    self.noise = noise
    drawsNumbers = noise != nil || integrator.drawsNumbers
    self.integrator = integrator
    self.grid = grid
    self.basis = basis
    self.precision = precision
    layout = try BlockLayout(field: field, integrator: integrator, grid: grid, basis: basis, offset: offset, expandedOffset: expandedOffset)
    if field.couplesSamples, integrator.treatsSamplesApart || layout.expandedCount > 0 {
      throw Failure(
        .incompatible,
        integrator.treatsSamplesApart
          ? "the integrator takes steps or iterations of its own for each sample, but batch normalization couples the samples; normalization instance, group, layer and tv treat them apart"
          : "batch normalization keeps running averages for each layer; weights_in_time must be one that gives layers weights of their own or shared ones, such as layers or shared")
    }
    movesEvenly = grid.isUniform && layout.hasConstantDistances
    width = integrator.visibleWidth(field)
    stateWidth = integrator.stateWidth(field)
    recordWidth = integrator.recordWidth(field)
    scratchWidth = integrator.scratchWidth(field)
    driveWidth = field.driveWidth * (field.hasSteadyDrive ? 1 : integrator.nodes.count)
    layersPerDrive = (plainField as? OwnTimeField).map { max(1, grid.layers / $0.intervals) } ?? 1
    let sets = layout.preparedNodes * layout.fieldCount
    preparedForTraining = sets * integrator.preparedCount(field, for: .training)
    preparedForInference = sets * integrator.preparedCount(field, for: .inference)
  }

  /// A block of equal steps.
  package convenience init(
    field: any VectorField, integrator: any Integrator, layers: Int, horizon: Double, offset: Int, precision: Precision
  ) throws(Failure) {
    try self.init(field: field, integrator: integrator, grid: TimeGrid(layers: layers, horizon: horizon), offset: offset, precision: precision)
  }

  /// The same block with a cost on its steps; its states have the same bits.
  /// - Throws: `.incompatible` if the cost is not defined for the integrator.
  package func charged(_ cost: TrajectoryCost) throws(Failure) -> ODEBlock {
    guard !hasOwnTimes else {
      throw Failure(.incompatible, "a cost of the trajectory is defined in the block's time, but here samples have times of their own (sequence_time intervals): set kinetic_energy and jacobian_penalty to 0")
    }
    try cost.check(integrator, field)
    return try ODEBlock(
      field: plainField, integrator: ChargedIntegrator(integrator, cost), grid: grid, basis: basis, offset: layout.offset, expandedOffset: layout.expandedOffset,
      noise: noise, precision: precision)
  }

  package var layers: Int { grid.layers }
  package func stepSize(_ j: Int) -> Double { grid.stepSize(j) }

  /// The number of sets of prepared operators: one per layer, or one for each entry that layers share.
  package var preparedEntries: Int { layout.preparedEntries }
  /// The count of numbers in the prepared operators.
  package func preparedCount(for purpose: Purpose) -> Int { preparedEntries * preparedPerEntry(purpose) }

  private func preparedPerEntry(_ purpose: Purpose) -> Int {
    // A switch, because == of another module's enumeration is a call.
    switch purpose {
    case .training: preparedForTraining
    case .inference: preparedForInference
    }
  }

  /// The weights of layer j within an (extended) parameter, gradient or direction vector, with its prepared operators, if there are any, and its part of the drive.
  package func stepWeights(_ j: Int, of vector: Vector, prepared: Vector?, drive: Block? = nil, for purpose: Purpose = .training) -> StepWeights {
    var weights = layout.weights(of: j, in: vector)
    (weights.purpose, weights.precision) = (purpose, precision)
    let count = preparedPerEntry(purpose)
    if count > 0, let prepared {
      let bytes = precision.byteCount
      weights.first.prepared = prepared.base + layout.entry(of: j) * count * bytes
      weights.preparedAdvance = count / (layout.preparedNodes * layout.fieldCount) * bytes
    }
    if let drive {
      weights.first.driveBase = driveBase(j, drive)
      weights.driveAdvance = field.hasSteadyDrive ? 0 : field.driveWidth * drive.columns * precision.byteCount
    }
    return weights
  }

  /// Where the outside input of layer j begins.
  @inline(__always) private func driveBase(_ j: Int, _ drive: Block) -> UnsafeMutableRawPointer {
    drive.base + (layersPerDrive == 1 ? j : j / layersPerDrive) * driveWidth * drive.columns * precision.byteCount
  }

  /// The step of layer j.
  package func step(_ j: Int, _ weights: Weights) -> Step {
    let h = stepSize(j)
    var own = stepWeights(j, of: weights.parameters, prepared: weights.prepared, drive: weights.drive, for: weights.purpose)
    own.first.draws = weights.draws
    own.first.draws.layer = j
    return Step(index: j, stepSize: h, previousStepSize: j > 0 ? stepSize(j - 1) : h, weights: own, log: weights.log)
  }

  /// Whether the block can go on beyond its last layer: all layers have one step size and share their weights (`weights_in_time` shared), and the integrator has none of its own.
  package var repeatsItsStep: Bool { grid.isUniform && !(basis is LayerwiseBasis) && layout.isOneSet }

  /// The step of layer j, which may lie beyond the last one (`repeatsItsStep`).
  ///
  /// - Parameter drive: the outside input of this layer alone.
  package func step(_ j: Int, _ weights: Weights, drive: Block) -> Step {
    var own = stepWeights(min(j, layers - 1), of: weights.parameters, prepared: weights.prepared, for: weights.purpose)
    own.first.driveBase = drive.base
    own.driveAdvance = field.driveWidth * drive.columns * precision.byteCount
    let h = stepSize(min(j, layers - 1))
    return Step(index: j, stepSize: h, previousStepSize: j > 0 ? stepSize(min(j, layers) - 1) : h, weights: own, log: weights.log)
  }

  /// Turns the step of layer j into that of layer j + `distance`; beyond either end it is left unchanged.
  package func advance(_ step: inout Step, by distance: Int, _ weights: Weights) {
    let j = step.index + distance
    guard j >= 0, j < layers else { return }
    guard movesEvenly else { return step = self.step(j, weights) }
    step.index = j
    step.weights.first.draws.layer = j
    layout.move(&step.weights, by: distance, preparedCount: preparedPerEntry(weights.purpose), bytes: precision.byteCount)
    if let drive = weights.drive { step.weights.first.driveBase = driveBase(j, drive) }
  }

  /// Turns the places of layer j's gradient into those of layer j + `distance`.
  package func advance(_ weights: inout StepWeights?, from j: Int, by distance: Int, _ gradient: BlockGradient?) {
    guard let gradient, j + distance >= 0, j + distance < layers else { return }
    guard movesEvenly, gradient.drive == nil else { return weights = self.gradient(j + distance, gradient) }
    guard var moved = weights.take() else { return }
    layout.move(&moved, by: distance, preparedCount: 0, bytes: precision.byteCount)
    weights = moved
  }

  /// The places in which layer j's gradient is accumulated; nil if no gradient is wanted.
  package func gradient(_ j: Int, _ gradient: BlockGradient?) -> StepWeights? {
    gradient.map { stepWeights(j, of: $0.vector, prepared: nil, drive: $0.drive) }
  }

  /// Computes the operators of the entries `range` from their tensors, which a mixing basis has already expanded.
  package func prepare(_ range: Range<Int>, parameters: Vector, into prepared: Vector, for purpose: Purpose) {
    guard preparedPerEntry(purpose) > 0 else { return }
    var weights = StepWeights(Layer())
    forEachSet(of: range) { entry in
      enter(entry, of: range, &weights, parameters, prepared, purpose)
    } do: { node, index, h in
      integrator.prepare(field, weights.beginning(node: node, field: index), stepSize: h, for: purpose)
    }
  }

  /// Computes the tangents of the operators, which must be prepared for training, for a direction in the tensors.
  package func prepareDirection(_ direction: Vector, into preparedDirection: Vector, at parameters: Vector, prepared: Vector) {
    guard preparedForTraining > 0 else { return }
    let range = 0..<preparedEntries
    var (tangent, weights) = (StepWeights(Layer()), StepWeights(Layer()))
    forEachSet(of: range) { entry in
      enter(entry, of: range, &tangent, direction, preparedDirection, .training)
      enter(entry, of: range, &weights, parameters, prepared, .training)
    } do: { node, index, h in
      integrator.prepareDirection(field, tangent.beginning(node: node, field: index), at: weights.beginning(node: node, field: index), stepSize: h)
    }
  }

  /// Turns the accumulated operator gradients of the entries `range` into the tensors' gradients, in place.
  package func finishGradient(_ range: Range<Int>, _ gradient: Vector, parameters: Vector, prepared: Vector?) {
    guard gradientNeedsFinish else { return }
    var (sums, weights) = (StepWeights(Layer()), StepWeights(Layer()))
    forEachSet(of: range) { entry in
      enter(entry, of: range, &sums, gradient, nil, .training)
      enter(entry, of: range, &weights, parameters, prepared, .training)
    } do: { node, index, h in
      integrator.finishGradient(field, sums.beginning(node: node, field: index), at: weights.beginning(node: node, field: index), stepSize: h)
    }
  }

  package var gradientNeedsFinish: Bool { integrator.gradientNeedsFinish(field) }

  /// Visits each field at each node of each entry in ascending order. `enter` is called before the first of an entry; the step size is that of the first layer that uses the entry.
  @inline(__always)
  private func forEachSet(of range: Range<Int>, entering enter: (_ entry: Int) -> Void, do body: (_ node: Int, _ field: Int, _ stepSize: Double) -> Void) {
    // The operators of an entry may be small or large: the watch is asked each time after about this many numbers.
    let (watch, interval) = (Watch.current, max(1, (1 << 14) / max(preparedForTraining, 1)))
    for entry in range {
      if (entry - range.lowerBound) % interval == 0, watch.isOver { return }
      enter(entry)
      let h = stepSize(layout.layer(ofEntry: entry))
      for node in 0..<layout.preparedNodes {
        for index in 0..<layout.fieldCount { body(node, index, h) }
      }
    }
  }

  /// Makes of the weights of the entry before, if it is in the range, those of `entry`: the weights of the first layer that uses it.
  private func enter(_ entry: Int, of range: Range<Int>, _ weights: inout StepWeights, _ vector: Vector, _ prepared: Vector?, _ purpose: Purpose) {
    guard movesEvenly, entry > range.lowerBound else {
      return weights = stepWeights(layout.layer(ofEntry: entry), of: vector, prepared: prepared, for: purpose)
    }
    layout.move(&weights, by: 1, preparedCount: preparedPerEntry(purpose), bytes: precision.byteCount)
  }

  /// The visible rows y of a state.
  package func visible(_ state: Block) -> Block { state.rows(0..<width) }

  /// Completes a block's first state, whose visible rows are given.
  package func start(_ state: Block) { integrator.start(field, state) }
  /// The transpose of `start`.
  package func startPullback(_ cotangent: Block) { integrator.startPullback(field, cotangent) }

  /// Completes the cotangent of a final state, whose visible rows are given: the other rows become zero.
  package func clearInvisible(_ cotangent: Block) {
    if stateWidth > width { fill(cotangent.rows(width..<stateWidth), 0) }
  }
}

/// The data that a block needs to process a tile: parameters, the operators prepared from them, and the outside input.
package struct Weights: @unchecked Sendable {
  /// The extended parameter vector.
  package let parameters: Vector
  package let prepared: Vector?
  package let purpose: Purpose
  /// The outside input of all layers, layers·nodes·`field.driveWidth` rows without gaps; nil for a field without outside input. In a direction, nil stands for zero.
  package var drive: Block?
  /// The log in which steps report failures and statistics.
  package var log: Unmanaged<StepLog>?
  /// The random numbers of the block for the tile; evaluation draws none.
  package var draws: LayerDraws
  /// Reads states as they are computed; nil unless the network gives outputs at every step of a sequence.
  package var reader: Unmanaged<StepReader>?

  /// Whether the work must end now: asked before each layer (`StepLog.isOver`).
  @inline(__always) package var isOver: Bool { log?._withUnsafeGuaranteedRef { $0.isOver } ?? false }

  package init(
    parameters: Vector, prepared: Vector?, purpose: Purpose = .training, drive: Block? = nil, log: Unmanaged<StepLog>? = nil, draws: LayerDraws = LayerDraws()
  ) {
    self.parameters = parameters
    self.prepared = prepared
    self.purpose = purpose
    self.drive = drive
    self.log = log
    self.draws = draws
  }
}

/// The memory in which a block's adjoint sweep accumulates: an extended gradient vector, and the cotangent of the drive if it is wanted.
package struct BlockGradient: Sendable {
  package let vector: Vector
  package let drive: Block?

  package init(_ vector: Vector, drive: Block? = nil) {
    self.vector = vector
    self.drive = drive
  }
}
