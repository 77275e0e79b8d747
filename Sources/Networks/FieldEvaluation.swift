import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// Where the vector field of a block is evaluated, and what is computed there. The arrays are samples × the state width of the field, and in the library's own memory where they are written to.
package struct FieldRequest {
  package let states: TensorView
  /// One time for each sample; nil if the weights do not depend on time.
  package let times: [Double]?
  package let timePrecision: Precision
  /// f.
  package var values: MutableTensorView?
  /// J·v + (∂f/∂θ)·direction, of tangents v of the states and of a direction in all parameters of the network.
  package var products: MutableTensorView?
  package var tangents: TensorView?
  package var direction: Vector?
  /// Jᵀw, of cotangents w of the values, and (∂f/∂θ)ᵀw summed over the samples, which is added to a vector of all parameters.
  package var pullbacks: MutableTensorView?
  package var cotangents: TensorView?
  package var gradient: Vector?

  package init(states: TensorView, times: [Double]?, in timePrecision: Precision = .float64) {
    (self.states, self.times, self.timePrecision) = (states, times, timePrecision)
  }
}

extension NetworkPlan {
  /// The field of a block, if the block is an equation ẏ = f(t, y; θ) of one field without outside input.
  ///
  /// - Throws: `.incompatible` with the reason.
  package func equation(ofBlock index: Int) throws(Failure) -> any VectorField {
    let (block, options) = (blocks[index], specification.blocks[index])
    guard block.integrator.fieldCount == 1 else {
      throw Failure(.incompatible, "block \(index): integrator \(try options.text("integrator")) steps two fields in turn, so that the block is no equation with one vector field")
    }
    // Where samples have times of their own, the equation is f itself, in these times.
    guard block.equation is KnownTermsField || block.equation.driveWidth == 0 else {
      throw Failure(.incompatible, "block \(index): field \(try options.text("field")) reads a sequence besides time and state, so that f(t, y) alone has no value")
    }
    return block.equation
  }

  /// The rows of a state of a block's equation: those of the field's state, without the time that known terms add.
  /// - Throws: as `equation(ofBlock:)`.
  package func equationWidth(ofBlock index: Int) throws(Failure) -> Int {
    let field = try equation(ofBlock: index)
    return (field as? KnownTermsField)?.field.stateWidth ?? field.stateWidth
  }
}

extension Network {
  /// Evaluates the vector field f(t, y; θ) of a block and its products, with the block's weights at each sample's time. The noise of a block, and what an integrator adds to the field, have no part in it.
  ///
  /// Samples that follow one another and have the same weights are evaluated together; a sample's result has the same bits alone and in any batch. All work runs on the calling thread.
  ///
  /// - Parameter index: a block with an equation (`NetworkPlan.equation(ofBlock:)`).
  /// - Throws: `.incompatible`; `.invalidArgument` without times although the weights depend on them; `.outOfRange` for times outside of [0, horizon]; `.memory`; the reason why the watch ended the work.
  package func field(block index: Int, _ request: FieldRequest) throws(Failure) {
    try plan.withKnownTerms { () throws(Failure) in try evaluate(block: index, request) }
  }

  private func evaluate(block index: Int, _ request: FieldRequest) throws(Failure) {
    let (field, block) = (try plan.equation(ofBlock: index), plan.blocks[index])
    let snapshot = snapshot
    guard request.times != nil || block.isAutonomous else {
      throw Failure(.invalidArgument, "times is NULL, but the weights of block \(index) depend on time; one time for each sample is needed")
    }
    // Known terms read the time of the trajectory; weights in time, that of the block.
    let readsOwnTime = field is KnownTermsField
    if readsOwnTime {
      guard block.isAutonomous else {
        throw Failure(.incompatible, "the weights of block \(index) are functions of the block's time and its known terms of the trajectory's, so that f(t, y) has no one time; it has with weights_in_time shared")
      }
      guard request.times != nil else { throw Failure(.invalidArgument, "times is NULL, but the known terms of block \(index) depend on time; one time for each sample is needed") }
    }
    let evaluation = try FieldEvaluation(field, block, snapshot.parameters, request, columns: min(plan.tileColumns, max(Block.quantum, Block.columns(forSamples: request.states.rows))))
    let (horizon, count) = (block.grid.horizon, request.states.rows)
    let rounding = 4 * (request.timePrecision == .float32 ? Double(Float(horizon).ulp) : horizon.ulp)
    for (row, time) in (request.times ?? []).enumerated() {
      if row & 0xffff == 0 { try Watch.check() }
      if readsOwnTime {
        guard time.isFinite, abs(time) <= plan.precision.largest else { throw Failure(.invalidData, "times holds \(time) at element \(row); it must be finite in \(plan.precision.name)") }
        continue
      }
      guard time >= -rounding, time <= horizon + rounding else {
        throw Failure(.outOfRange, "times holds \(time) at element \(row); times must lie between 0 and the horizon \(horizon)")
      }
    }
    func weights(_ row: Int) -> WeightsAtTime { block.weights(at: readsOwnTime ? 0 : request.times.map { max(0, min($0[row], horizon)) } ?? 0) }
    var (start, next) = (0, weights(0))
    while start < count {
      let here = next
      var end = start + 1
      while end < count {
        if end & 0xfff == 0 { try Watch.check() }
        // Times are compared first, because equal ones need no weights.
        if !readsOwnTime, let times = request.times, times[end] != times[start] {
          next = weights(end)
          if next != here { break }
        }
        end += 1
      }
      try evaluation.run(start..<end, here)
      start = end
    }
    withExtendedLifetime(snapshot) {}
  }
}

/// The memory in which a block's field is evaluated.
private final class FieldEvaluation {
  private let field: any VectorField
  private let block: ODEBlock
  private let parameters: Vector
  private let request: FieldRequest
  private let columns: Int
  private let arena: Arena
  private let set: Vector
  private let prepared: Vector
  private let directionSet: Vector
  private let preparedDirection: Vector
  private let gradientSet: Vector
  private let state: Block
  private let value: Block
  private let tangent: Block
  private let pullback: Block
  private let record: Block
  private let scratch: Block
  /// The times of known terms, a row; no rows without them.
  private let times: Block
  /// The rows of a caller's state.
  private let width: Int

  init(_ field: any VectorField, _ block: ODEBlock, _ parameters: Vector, _ request: FieldRequest, columns: Int) throws(Failure) {
    (self.field, self.block, self.parameters, self.request, self.columns) = (field, block, parameters, request, columns)
    let (precision, width) = (block.precision, field.stateWidth)
    let vectors = [block.layout.setCount, field.preparedCount(for: .training)]
    let counts = [vectors[0], vectors[1], request.direction == nil ? 0 : vectors[0], request.direction == nil ? 0 : vectors[1], request.gradient == nil ? 0 : vectors[0]]
    let own = (field as? KnownTermsField)?.field.stateWidth
    self.width = own ?? width
    let rows = [width, width, width, width, field.wholeRecordWidth, field.scratchWidth, own == nil ? 0 : 1]
    var size = Arena.Size()
    for count in counts { size.add(count: count, precision: precision) }
    for rows in rows { size.add(rows: rows, columns: columns, precision: precision) }
    let arena = try Arena(size)
    self.arena = arena
    let sets = counts.map { arena.vector(count: $0, precision: precision) }
    (set, prepared, directionSet, preparedDirection, gradientSet) = (sets[0], sets[1], sets[2], sets[3], sets[4])
    let blocks = rows.map { arena.block(rows: $0, columns: columns, precision: precision) }
    (state, value, tangent, pullback, record, scratch, times) = (blocks[0], blocks[1], blocks[2], blocks[3], blocks[4], blocks[5], blocks[6])
  }

  /// Evaluates samples that have the same weights.
  /// - Throws: the reason why the watch ended the work.
  func run(_ samples: Range<Int>, _ weights: WeightsAtTime) throws(Failure) {
    let layout = block.layout
    layout.mix(weights, of: parameters, into: set)
    let layer = layout.layer(set, prepared: prepared)
    field.prepare(layer, stepSize: weights.stepSize, for: .training)
    var (direction, gradient): (Layer?, Layer?) = (nil, nil)
    if let given = request.direction {
      layout.mix(weights, of: given, into: directionSet)
      let own = layout.layer(directionSet, prepared: preparedDirection)
      field.prepareDirection(own, at: layer, stepSize: weights.stepSize)
      direction = own
    }
    if request.gradient != nil {
      fill(gradientSet, 0)
      gradient = layout.layer(gradientSet, prepared: nil)
    }
    for start in stride(from: samples.lowerBound, to: samples.upperBound, by: columns) {
      try Watch.check()
      run(start, count: min(columns, samples.upperBound - start), layer, direction, gradient)
    }
    if let gradient, let sum = request.gradient {
      field.finishGradient(gradient, at: layer, stepSize: weights.stepSize)
      layout.unmix(weights, gradientSet, addingTo: sum)
    }
    try Watch.check()
  }

  /// Evaluates one tile.
  private func run(_ start: Int, count: Int, _ layer: Layer, _ direction: Layer?, _ gradient: Layer?) {
    func packed(_ block: Block) -> Block { block.packed(columns: (count + Block.quantum - 1) / Block.quantum * Block.quantum) }
    /// Takes states, with zeros in a row of time.
    func take(_ view: TensorView, into tile: Block) {
      gather(view, rows: nil, start: start, count: count, into: tile.rows(0..<width))
      if tile.rows > width { fill(tile.rows(width..<tile.rows), 0) }
    }
    func give(_ tile: Block, to view: MutableTensorView) { scatter(tile, count: count, to: view, startRow: start) }
    let (x, out, record, scratch) = (packed(state), packed(value), packed(record), packed(scratch))
    take(request.states, into: x)
    var layer = layer
    if x.rows > width, let given = request.times {
      let row = packed(times)
      let numbers = Vector(row.base, count: row.columns, precision: row.precision)
      for column in 0..<row.columns { numbers.store(given[start + min(column, count - 1)], at: column) }
      layer.driveBase = row.base
      // A caller's function is called with nothing but samples' numbers.
      for index in 0..<(count < x.columns ? width : 0) {
        let numbers = Vector(x.rows(index..<index + 1).base, count: x.columns, precision: x.precision)
        fill(numbers[count..<x.columns], numbers.load(count - 1))
      }
    }
    let needsRecord = request.products != nil || request.cotangents != nil
    field.evaluateWhole(layer, at: x, scale: 1, addingTo: nil, into: out, record: needsRecord ? record : nil, scratch: scratch)
    if let values = request.values { give(out, to: values) }
    if let products = request.products {
      let v = packed(tangent)
      if let tangents = request.tangents { take(tangents, into: v) }
      field.pushforwardWhole(
        layer, direction: direction, at: x, record: record, tangent: request.tangents == nil ? nil : v, scale: 1, addingTo: nil, into: out, scratch: scratch)
      give(out, to: products)
    }
    if let cotangents = request.cotangents {
      let (p, q) = (packed(tangent), packed(pullback))
      take(cotangents, into: p)
      fill(q, 0)
      field.pullbackWhole(layer, at: x, record: record, scale: 1, cotangent: p, addingTo: q, gradient: gradient, scratch: scratch)
      if let pullbacks = request.pullbacks { give(q, to: pullbacks) }
    }
  }
}
