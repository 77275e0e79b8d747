import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// A block of layers with random parameters, which tests run and differentiate without a network.
package final class BlockCase {
  package let block: ODEBlock
  package let parameters: Numbers
  package let precision: Precision
  private let prepared: Numbers
  private let offset: Int
  private let drive: Numbers

  /// - Parameters:
  ///   - gamma: the field's damping; 0 is used if the integrator refuses damping.
  ///   - scheme: an integrator that replaces the registered one.
  ///   - offset: the index in the parameter vector at which the block's tensors begin.
  package init(
    field: String, integrator: String, scheme given: (any Integrator)? = nil, activation: Activation = .tanh, bias: BiasKind = .vector, gamma: Double = 0, width: Int = 6, layers: Int = 6,
    horizon: Double = 1.5, grid: TimeGrid? = nil, basis: any TimeBasis = LayerwiseBasis(), offset: Int = 3, noise: (any LayerNoise)? = nil,
    precision: Precision = .float64, seed: UInt64 = 7
  ) throws {
    let scheme = try given ?? sweepIntegrator(integrator)
    let fieldWidth = try scheme.fieldWidth(visible: width)
    func make(_ gamma: Double) throws -> any VectorField {
      var configuration = FieldConfiguration(width: fieldWidth, activation: activation, bias: bias, gamma: gamma, precision: precision)
      // Mild, so that differences are accurate.
      if try fields(field).options.contains(where: { $0.key == "normalization" }) { try configuration.options.set("normalization_epsilon", .real(1)) }
      return try fields(field).make(configuration)
    }
    var made = try make(gamma)
    if try !isAccepted({ try scheme.check(made) }) { made = try make(0) }
    let grid = grid ?? TimeGrid(layers: layers, horizon: horizon)
    // The offset does not change the number of parameters.
    let sizes = try ODEBlock(field: made, integrator: scheme, grid: grid, basis: basis, offset: offset, precision: precision).layout
    block = try ODEBlock(
      field: made, integrator: scheme, grid: grid, basis: basis, offset: offset, expandedOffset: offset + sizes.parameterCount, noise: noise, precision: precision)
    self.precision = precision
    self.offset = offset
    parameters = try Numbers.normal(offset + sizes.parameterCount + sizes.expandedCount, precision, seed: seed, deviation: Self.deviation(field))
    prepared = try Numbers(max(block.preparedCount(for: .training), 1), precision)
    // The drive is one number per layer and node, so that a sample has the same drive in any tile.
    let times = block.driveWidth == 0 ? 0 : block.layers * scheme.nodes.count
    let values = try Numbers.normal(times, precision, seed: seed + 1)
    let chunk = times == 0 ? 0 : block.layers * block.driveWidth / times * FieldCase.driveColumns
    drive = try Numbers(times * chunk, precision)
    for index in 0..<drive.count { drive[index] = values[index / chunk] }
    prepare()
  }

  /// The deviation of random parameters. A field of the fourth degree in its weights takes smaller ones, so that difference quotients have errors as small as those of others.
  private static func deviation(_ field: String) -> Double { field == "port_hamiltonian" ? 0.3 : 0.5 }

  /// Recomputes the operators after the parameters have changed.
  package func prepare() {
    block.layout.expand(parameters.vector)
    block.prepare(0..<block.preparedEntries, parameters: parameters.vector, into: prepared.vector, for: .training)
  }

  /// Gives the integrator's own tensors their nominal initial values in every layer.
  package func resetOwnTensors() {
    let own = block.integrator.parameters(block.field)
    var next = offset + block.layout.parameterCount
    for tensor in block.layout.tensors.reversed() {
      guard let shape = own.first(where: { $0.name == tensor.name }) else { break }
      let count = tensor.shape.reduce(1, *)
      next -= count
      for index in 0..<count { parameters[next + index] = shape.nominal[index % shape.count] }
    }
  }

  package var weights: Weights { weights() }

  /// The block's weights in a training step that draws these numbers.
  package func weights(_ draws: LayerDraws = LayerDraws()) -> Weights {
    Weights(parameters: parameters.vector, prepared: prepared.vector, drive: Self.drive(drive, of: block), draws: draws)
  }

  /// Makes the external input constant in time, for statements about autonomous equations.
  package func steadyDrive() {
    for index in 0..<drive.count { drive[index] = drive[0] }
  }

  /// Random external input for all layers and at most `FieldCase.driveColumns` samples; nil for a field without external input.
  package static func drive(_ numbers: Numbers, of block: ODEBlock) -> Block? {
    block.driveWidth == 0 ? nil : numbers.block(rows: block.layers * block.driveWidth, columns: FieldCase.driveColumns)
  }

  package var stateWidth: Int { block.stateWidth }

  package func numbers(_ rows: Int, _ columns: Int) throws -> Numbers { try Numbers(rows * columns, precision) }

  /// A state of normally distributed numbers.
  package func state(_ columns: Int, seed: UInt64 = 13) throws -> Numbers { try Numbers.normal(stateWidth * columns, precision, seed: seed) }

  /// The final state, and the gradient and initial cotangent of ⟨w, final state⟩ for a fixed w, as the policy computes them.
  package func derivatives(_ policy: any MemoryPolicy, columns: Int = 16, weights: Weights? = nil) throws -> (final: Numbers, gradient: Numbers, cotangent: Numbers) {
    let weights = weights ?? self.weights
    let rows = policy.tapeRows(block)
    let tape = try numbers(rows, columns).block(rows: rows, columns: columns)
    copy(try state(columns).block(rows: stateWidth, columns: columns), into: policy.initialState(block, tape: tape))
    let final = try numbers(stateWidth, columns)
    let scratch = try numbers(block.scratchWidth, columns).block(rows: block.scratchWidth, columns: columns)
    copy(policy.forward(block, weights, tape: tape, scratch: scratch), into: final.block(rows: stateWidth, columns: columns))
    let cotangent = try state(columns, seed: 14)
    let gradient = try Numbers(parameters.count, precision)
    policy.adjoint(
      block, weights, tape: tape, cotangent: cotangent.block(rows: stateWidth, columns: columns), gradient: BlockGradient(gradient.vector),
      scratch: scratch)
    block.finishGradient(0..<block.preparedEntries, gradient.vector, parameters: parameters.vector, prepared: prepared.vector)
    block.layout.contract(gradient.vector)
    return (final, gradient, cotangent)
  }

  /// The final state without a tape, from `initial`.
  package func propagate(_ initial: Numbers, columns: Int, draws: LayerDraws = LayerDraws()) throws -> Numbers {
    let buffer = try numbers(block.propagationRows, columns).block(rows: block.propagationRows, columns: columns)
    copy(initial.block(rows: stateWidth, columns: columns), into: block.propagated(0, in: buffer))
    let final = try numbers(stateWidth, columns)
    let scratch = try numbers(block.scratchWidth, columns).block(rows: block.scratchWidth, columns: columns)
    copy(block.propagate(weights(draws), buffer: buffer, scratch: scratch), into: final.block(rows: stateWidth, columns: columns))
    return final
  }

  /// Whether the integrator accepts the field, both with default options.
  package static func accepts(_ integrator: String, field: String) -> Bool {
    isCertain {
      let scheme = try integrators.standard(integrator)
      let made = try fields(field).make(FieldConfiguration(width: try scheme.fieldWidth(visible: 4)))
      return try isAccepted { try scheme.check(made) }
    }
  }

  /// Every pair of field and integrator that the integrator accepts.
  package static let pairs: [(field: String, integrator: String)] = fields.entries.flatMap { field in
    integrators.names.filter { accepts($0, field: field.name) }.map { (field.name, $0) }
  }
}

/// Runs all layers forward and then back by the integrator's inverse. Returns the largest relative difference from the initial visible values; infinity if the state
/// has not moved.
package func roundTripDefect(_ example: BlockCase, columns: Int = 16) throws -> Double {
  let (block, precision) = (example.block, example.precision)
  let start = try example.state(columns).block(rows: example.stateWidth, columns: columns)
  block.start(start)
  var (state, other) = (Block.zeros(example.stateWidth, columns, precision), Block.zeros(example.stateWidth, columns, precision))
  let scratch = Block.zeros(block.scratchWidth, columns, precision)
  copy(start, into: state)
  for j in 0..<block.layers {
    block.integrator.step(block.field, block.step(j, example.weights), from: state, into: other, record: nil, scratch: scratch)
    swap(&state, &other)
  }
  let hasMoved = largestDifference(state.values, start.values) > 0.1
  for j in (0..<block.layers).reversed() {
    block.integrator.reverse(block.field, block.step(j, example.weights), from: state, into: other, record: nil, scratch: scratch)
    swap(&state, &other)
  }
  return hasMoved ? largestDifference(state.values, start.values) : .infinity
}
