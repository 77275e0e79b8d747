import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import VectorFields

/// One layer of a field and an integrator with random parameters, which tests step and differentiate without a network.
final class StepCase {
  let field: any VectorField
  let integrator: any Integrator
  let precision: Precision
  let columns: Int
  let h: Double
  /// The field's tensors, then the integrator's own.
  let tensors: [Numbers]
  let log = StepLog()
  private let prepared: Numbers
  private let scratch: Numbers

  /// - Parameters:
  ///   - width: features, or channels of an image.
  ///   - operators: what the field multiplies by.
  ///   - options: the integrator's options.
  ///   - deviation: the standard deviation of the field's random parameters; the integrator's own tensors have their declared initial values.
  init(
    _ field: String, _ integrator: String, width: Int = 5, columns: Int = 16, h: Double = 0.3, activation: Activation = .tanh, bias: BiasKind = .vector,
    fieldOptions values: [String: OptionValue] = [:], operators: OperatorKind = .dense, options: [String: OptionValue] = [:], precision: Precision = .float64, seed: UInt64 = 7, deviation: Double = 0.5
  ) throws {
    var fieldValues = OptionValues(scope: "block", VectorFields.fieldOptions)
    for (key, value) in values { try fieldValues.set(key, value) }
    var own = OptionValues(scope: "block", integrators.options)
    for (key, value) in options { try own.set(key, value) }
    var configuration = FieldConfiguration(width: width, activation: activation, bias: bias, precision: precision, options: fieldValues)
    configuration.operators = operators
    let made = try fields(field).make(configuration)
    self.field = made
    let registered = try integrators(integrator).make(own)
    try registered.check(made)
    let scheme = try registered.adapted(to: made, precision)
    self.integrator = scheme
    (self.precision, self.columns, self.h) = (precision, columns, h)
    tensors = try made.parameters.enumerated().map { try Numbers.normal($1.count, precision, seed: seed + UInt64($0), deviation: deviation) }
      + scheme.parameters(made).map { shape in
        guard case .values(let values) = shape.initial else { return try Numbers.normal(shape.count, precision, seed: seed + 50, deviation: 0.3) }
        return try Numbers(values.count == shape.count ? values : Array(repeating: values[0], count: shape.count), precision)
      }
    prepared = try Numbers(max(scheme.preparedCount(made, for: .training), 1), precision)
    scratch = try Numbers(max(scheme.scratchWidth(made), 1) * columns, precision)
    prepare()
  }

  var stateWidth: Int { integrator.stateWidth(field) }
  func zeros(_ rows: Int) throws -> Numbers { try Numbers(rows * columns, precision) }
  func normal(_ seed: UInt64) throws -> Numbers { try Numbers.normal(stateWidth * columns, precision, seed: seed) }
  func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count / columns, columns: columns) }

  private func weights(_ tensors: [Numbers], _ prepared: Numbers?) -> StepWeights {
    var layer = Layer()
    let count = field.parameters.count
    for (index, tensor) in tensors.prefix(count).enumerated() { layer.tensors[index] = tensor.vector.base }
    if integrator.preparedCount(field, for: .training) > 0 { layer.prepared = prepared?.vector.base }
    var weights = StepWeights(layer)
    weights.precision = precision
    for (index, tensor) in tensors.dropFirst(count).enumerated() { weights.own[index] = tensor.vector.base }
    return weights
  }

  /// Recomputes the operators after the tensors have changed.
  func prepare() { integrator.prepare(field, weights(tensors, prepared), stepSize: h, for: .training) }

  private var step: Step { Step(index: 3, stepSize: h, weights: weights(tensors, prepared), log: Unmanaged.passUnretained(log)) }

  /// Φ(before) and its record.
  func run(_ before: Numbers) throws -> (after: Numbers, record: Numbers) {
    let (after, record) = (try zeros(stateWidth), try zeros(integrator.recordWidth(field)))
    integrator.step(field, step, from: block(before), into: block(after), record: block(record), scratch: block(scratch))
    return (after, record)
  }

  /// Φ(before) without a record.
  func runPlainly(_ before: Numbers) throws -> Numbers {
    let after = try zeros(stateWidth)
    integrator.step(field, step, from: block(before), into: block(after), record: nil, scratch: block(scratch))
    return after
  }

  /// J·v + (∂Φ/∂θ)·direction.
  func tangent(_ before: Numbers, _ tangent: Numbers, _ direction: [Numbers]?) throws -> Numbers {
    let (after, record) = try run(before)
    let out = try zeros(stateWidth)
    let preparedDirection = try Numbers(prepared.count, precision)
    let directionWeights = direction.map { weights($0, preparedDirection) }
    if let directionWeights { integrator.prepareDirection(field, directionWeights, at: weights(tensors, prepared), stepSize: h) }
    integrator.pushforward(
      field, step, direction: directionWeights, before: block(before), after: block(after), record: block(record), tangent: block(tangent), into: block(out),
      scratch: block(scratch))
    return out
  }

  /// Jᵀp and (∂Φ/∂θ)ᵀp.
  func cotangent(_ before: Numbers, _ cotangent: Numbers) throws -> (state: Numbers, tensors: [Numbers]) {
    let (after, record) = try run(before)
    let out = try Numbers(cotangent.values, precision)
    let gradients = try tensors.map { try Numbers($0.count, precision) }
    let gradient = weights(gradients, nil)
    integrator.pullback(
      field, step, before: block(before), after: block(after), record: block(record), cotangent: block(out), gradient: gradient, scratch: block(scratch))
    if integrator.gradientNeedsFinish(field) { integrator.finishGradient(field, gradient, at: weights(tensors, prepared), stepSize: h) }
    return (out, gradients)
  }

  /// |⟨Jv, w⟩ − ⟨v, Jᵀw⟩| relative to ‖Jv‖‖w‖, where v is a direction in states and parameters together.
  func adjointDefect() throws -> Double {
    let (before, v, w) = (try normal(21), try normal(22), try normal(23))
    let direction = try tensors.enumerated().map { try Numbers.normal($1.count, precision, seed: 30 + UInt64($0)) }
    let pushed = try tangent(before, v, direction).values
    let (state, gradients) = try cotangent(before, w)
    let back = inner(v.values, state.values) + zip(direction, gradients).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
    return abs(inner(pushed, w.values) - back) / (norm(pushed) * norm(w.values))
  }

  /// The observed order of the remainder of ⟨w, Φ⟩ along a direction in states and parameters; it is 2 if the gradient is right.
  func taylorOrder() throws -> Double {
    let (before, v, w) = (try normal(21), try normal(22), try normal(23))
    let direction = try tensors.enumerated().map { try Numbers.normal($1.count, precision, seed: 30 + UInt64($0)) }
    let (state, gradients) = try cotangent(before, w)
    let slope = inner(v.values, state.values) + zip(direction, gradients).reduce(0) { $0 + inner($1.0.values, $1.1.values) }
    let start = tensors.map(\.values)
    let value = inner(w.values, try run(before).after.values)
    var remainders: [Double] = []
    for power in 8...10 {
      let epsilon = Double(sign: .plus, exponent: -power, significand: 1)
      for (index, tensor) in tensors.enumerated() {
        for i in 0..<tensor.count { tensor[i] = start[index][i] + epsilon * direction[index][i] }
      }
      prepare()
      let moved = try Numbers(zip(before.values, v.values).map { $0 + epsilon * $1 }, precision)
      remainders.append(abs(inner(w.values, try run(moved).after.values) - value - epsilon * slope))
    }
    for (index, tensor) in tensors.enumerated() {
      for i in 0..<tensor.count { tensor[i] = start[index][i] }
    }
    prepare()
    return min(log2(remainders[0] / remainders[1]), log2(remainders[1] / remainders[2]))
  }

  /// The order, observed from the differences between successive halvings of the step over one unit of time. `make` makes a case with a given step size.
  static func observedOrder(steps: [Int] = [64, 128, 256], visible: Int = 5, _ make: (Double) throws -> StepCase) throws -> Double {
    let results = try steps.map { steps -> [Double] in
      let example = try make(1 / Double(steps))
      var state = try example.normal(41)
      if example.field.isPartitioned { fill(example.block(state).rows(example.field.width..<example.stateWidth), 0) }
      for _ in 0..<steps { state = try example.runPlainly(state) }
      return Array(state.values[..<(visible * example.columns)])
    }
    let errors = [0, 1].map { index in norm(zip(results[index], results[index + 1]).map { $0 - $1 }) }
    return log2(errors[0] / errors[1])
  }
}
