import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// A scheme whose steps the test makes one by one over one field, with the same weights and integrator tensors in every layer. A scheme of two fields uses this field for both.
package final class SchemeRun {
  package let integrator: any Integrator
  package let example: FieldCase
  package let columns: Int
  /// The integrator's own tensors, concatenated.
  package let own: [Numbers]
  /// The current state, and the one before or after it.
  package private(set) var state: Block
  private var other: Block
  private let scratch: Block
  private var record: Block

  /// - Parameter own: values of the integrator's own tensors; nil for their initial values, where the middle of its range replaces a uniform random number.
  package init(_ integrator: any Integrator, _ example: FieldCase, own: [[Double]]? = nil, columns: Int = 16) throws {
    self.integrator = integrator
    self.example = example
    self.columns = columns
    let precision = example.configuration.precision
    self.own = try integrator.parameters(example.field).enumerated().map { index, shape in try Numbers(own?[index] ?? shape.nominal, precision) }
    let rows = integrator.stateWidth(example.field)
    state = .zeros(rows, columns, precision)
    other = .zeros(rows, columns, precision)
    scratch = .zeros(integrator.scratchWidth(example.field), columns, precision)
    record = .zeros(integrator.recordWidth(example.field), columns, precision)
  }

  /// A linear field with this matrix, in Double.
  package convenience init(_ integrator: any Integrator, linear matrix: [[Double]], own: [[Double]]? = nil) throws {
    let example = try FieldCase("dense", FieldConfiguration(width: matrix.count, activation: .identity, bias: .none, precision: .float64))
    for (index, value) in matrix.joined().enumerated() { example.tensors[0][index] = value }
    try self.init(integrator, example, own: own, columns: 1)
  }

  package var visible: Block { state.rows(0..<integrator.visibleWidth(example.field)) }
  package var values: [Double] { state.values }

  /// Starts a block from visible values, features × samples.
  package func start(_ values: [Double]) {
    visible.store(values)
    integrator.start(example.field, state)
  }

  package func weights(_ layer: Layer? = nil) -> StepWeights {
    var weights = StepWeights(layer ?? example.layer())
    for (index, tensor) in own.enumerated() { weights.own[index] = tensor.vector.base }
    return weights
  }

  package func advance(_ index: Int, _ h: Double, previous: Double? = nil, layer: Layer? = nil) {
    let step = Step(index: index, stepSize: h, previousStepSize: previous, weights: weights(layer))
    integrator.step(example.field, step, from: state, into: other, record: nil, scratch: scratch)
    swap(&state, &other)
  }

  package func retreat(_ index: Int, _ h: Double, previous: Double? = nil, layer: Layer? = nil) {
    let step = Step(index: index, stepSize: h, previousStepSize: previous, weights: weights(layer))
    integrator.reverse(example.field, step, from: state, into: other, record: record, scratch: scratch)
    swap(&state, &other)
  }

  /// The visible values after this many equal steps.
  package func run(_ values: [Double], steps: Int, _ h: Double) -> [Double] {
    start(values)
    for index in 0..<steps { advance(index, h) }
    return visible.values
  }
}

extension ParameterShape {
  /// The initial values, where the middle of the range replaces a uniform random number, and the mean a normal one.
  package var nominal: [Double] {
    switch initial {
    case .normal: Array(repeating: 0, count: count)
    case .uniform(let range): Array(repeating: (range.lowerBound + range.upperBound) / 2, count: count)
    case .values(let values): values.count == 1 ? Array(repeating: values[0], count: count) : values
    }
  }
}

extension Block {
  /// The numbers row by row.
  package var values: [Double] {
    (0..<rows).flatMap { row in
      let vector = Vector(base + row * stride * precision.byteCount, count: columns, precision: precision)
      return (0..<columns).map { vector.load($0) }
    }
  }

  package func store(_ values: [Double]) {
    precondition(values.count == rows * columns, "as many values as a block has")
    for row in 0..<rows {
      let vector = Vector(base + row * stride * precision.byteCount, count: columns, precision: precision)
      for column in 0..<columns { vector.store(values[row * columns + column], at: column) }
    }
  }
}

/// The largest ω with |R(iω)| ≤ 1 + `slack`, found by bisection between two values. R is the growth factor of a one-step scheme for ẏ = iω y with h = 1.
package func imaginaryLimit(_ integrator: any Integrator, between low: Double, and high: Double, slack: Double = 1e-12) throws -> Double {
  func growth(_ omega: Double) throws -> Double {
    norm(try SchemeRun(integrator, linear: [[0, -omega], [omega, 0]]).run([1, 0], steps: 1, 1))
  }
  var (low, high) = (low, high)
  while high - low > 1e-9 {
    let middle = (low + high) / 2
    if try growth(middle) <= 1 + slack { low = middle } else { high = middle }
  }
  return low
}
