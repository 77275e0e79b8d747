import Foundation
import Integrators
import LinearAlgebra
import Settings
import TestSupport
import VectorFields

/// One layer of a field solved by an adaptive method, with its log and its derivatives.
final class AdaptiveCase {
  let method: AdaptiveRungeKutta
  let example: FieldCase
  let log = StepLog()
  let length: Double

  init(
    _ tableau: AdaptiveTableau = .dopri5, _ field: String = "dense", _ configuration: FieldConfiguration, tolerance: Double = 1e-6, length: Double = 1,
    seed: UInt64 = 3, change: (inout AdaptiveControl) -> Void = { _ in }
  ) throws {
    var control = AdaptiveControl()
    (control.relativeTolerance, control.absoluteTolerance) = (tolerance, tolerance)
    change(&control)
    method = AdaptiveRungeKutta(tableau, control)
    example = try FieldCase(field, configuration, seed: seed)
    self.length = length
  }

  /// ẏ = Ky with K given by rows.
  convenience init(
    linear rows: [[Double]], _ tableau: AdaptiveTableau = .dopri5, tolerance: Double = 1e-6, length: Double = 1, precision: Precision = .float64,
    change: (inout AdaptiveControl) -> Void = { _ in }
  ) throws {
    try self.init(
      tableau, "dense", FieldConfiguration(width: rows.count, activation: .identity, bias: .none, precision: precision), tolerance: tolerance, length: length, change: change)
    for (index, value) in rows.joined().enumerated() { example.tensors[0][index] = value }
    for purpose in [Purpose.training, .inference] { example.field.prepare(example.layer(purpose), for: purpose, asDirection: false) }
  }

  var width: Int { example.field.stateWidth }
  var precision: Precision { example.configuration.precision }
  var step: Step {
    Step(stepSize: length, weights: StepWeights(example.layer()), log: Unmanaged.passUnretained(log))
  }

  func block(_ numbers: Numbers, columns: Int) -> Block { numbers.block(rows: numbers.count / columns, columns: columns) }
  func scratch(_ columns: Int) throws -> Block { block(try example.zeros(method.scratchWidth(example.field), columns), columns: columns) }

  /// A tile whose first columns are these states.
  func tile(_ states: [[Double]], columns: Int) throws -> Numbers {
    let numbers = try example.zeros(width, columns)
    for (column, state) in states.enumerated() {
      for (row, value) in state.enumerated() { numbers[row * columns + column] = value }
    }
    log.samples = 0..<states.count
    return numbers
  }

  /// The final states, with a record if requested.
  func solve(_ before: Numbers, columns: Int, record: Numbers? = nil) throws -> Numbers {
    let after = try example.zeros(width, columns)
    try withExtendedLifetime(log) {
      method.step(
        example.field, step, from: block(before, columns: columns), into: block(after, columns: columns), record: record.map { block($0, columns: columns) },
        scratch: try scratch(columns))
    }
    return after
  }

  func solve(_ states: [[Double]]) throws -> [[Double]] {
    let columns = Block.columns(forSamples: states.count)
    let after = try solve(try tile(states, columns: columns), columns: columns)
    return states.indices.map { after.column($0, of: columns) }
  }

  /// The counts of a solve of these states.
  func counts(_ states: [[Double]]) throws -> (accepted: Int, rejected: Int, evaluations: Int) {
    log.clear()
    _ = try solve(states)
    return (log.accepted, log.rejected, log.evaluations)
  }

  /// A solve of equal layers with states at requested times and an event.
  func output(_ states: [[Double]], times: [Double] = [], event: EventFunction? = nil, layers: Int = 1) throws -> DenseOutput {
    let columns = Block.columns(forSamples: states.count)
    let output = try DenseOutput(
      times: times, event: event, visible: width, width: width, columns: columns, horizon: Double(layers) * length, precision: precision)
    var (before, after) = (try tile(states, columns: columns), try example.zeros(width, columns))
    try withExtendedLifetime(log) {
      for layer in 0..<layers {
        output.enter(Double(layer) * length...Double(layer + 1) * length)
        method.solve(
          example.field, step, from: block(before, columns: columns), into: block(after, columns: columns), output: output, scratch: try scratch(columns))
        swap(&before, &after)
      }
    }
    return output
  }

  func record(_ columns: Int) throws -> Numbers { try example.zeros(method.recordWidth(example.field), columns) }

  /// Jᵀp of a solve that left `record`, and the gradient of every tensor.
  func pullback(_ before: Numbers, _ after: Numbers, _ record: Numbers, cotangent: Numbers, columns: Int) throws -> (cotangent: Numbers, gradient: [Numbers]) {
    let result = try Numbers(cotangent.values, precision)
    let gradients = try example.tensors.map { try Numbers($0.count, precision) }
    var layer = Layer()
    for (index, gradient) in gradients.enumerated() { layer.tensors[index] = gradient.vector.base }
    try withExtendedLifetime(log) {
      method.pullback(
        example.field, step, before: block(before, columns: columns), after: block(after, columns: columns), record: block(record, columns: columns),
        cotangent: block(result, columns: columns), gradient: StepWeights(layer), scratch: try scratch(columns))
    }
    example.field.finishGradient(layer)
    return (result, gradients)
  }

  /// J·v + (∂/∂θ)·direction.
  func pushforward(_ before: Numbers, _ after: Numbers, _ record: Numbers, tangent: Numbers, direction: FieldCase?, columns: Int) throws -> Numbers {
    let out = try example.zeros(width, columns)
    try withExtendedLifetime(log) {
      method.pushforward(
        example.field, step, direction: direction.map { StepWeights($0.layer()) }, before: block(before, columns: columns), after: block(after, columns: columns),
        record: block(record, columns: columns), tangent: block(tangent, columns: columns), into: block(out, columns: columns), scratch: try scratch(columns))
    }
    return out
  }
}

/// A sample's state at the requested time `time`.
func denseState(_ output: DenseOutput, time: Int, sample: Int, width: Int) -> [Double] {
  withExtendedLifetime(output) { column(sample, output.visibleStates.rows(time * width..<(time + 1) * width)) }
}

/// A sample's state at its event.
func eventState(_ output: DenseOutput, sample: Int) -> [Double] { withExtendedLifetime(output) { column(sample, output.eventStates) } }

private func column(_ sample: Int, _ rows: Block) -> [Double] {
  (0..<rows.rows).map { Vector(rows.rows($0..<$0 + 1).base, count: rows.columns, precision: rows.precision).load(sample) }
}

/// exp(tA)·y for A = [[a, −w], [w, a]].
func spiral(_ a: Double, _ w: Double, _ t: Double, _ y: [Double]) -> [Double] {
  let (c, s, e) = (cos(w * t), sin(w * t), exp(a * t))
  return [e * (c * y[0] - s * y[1]), e * (s * y[0] + c * y[1])]
}
