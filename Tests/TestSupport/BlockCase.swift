import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// A block of layers with random parameters, run and differentiated on its own.
package final class BlockCase {
  package let block: ODEBlock
  package let parameters: Numbers
  package let precision: Precision
  private let prepared: Numbers

  /// - Parameter offset: where the block's tensors begin in the parameter vector.
  package init(
    field: String, integrator: String, activation: Activation = .tanh, bias: BiasKind = .vector, gamma: Double = 0, width: Int = 5, layers: Int = 6,
    horizon: Double = 1.5, offset: Int = 3, precision: Precision = .float64, seed: UInt64 = 7
  ) throws {
    let made = try fields(field).make(FieldConfiguration(width: width, activation: activation, bias: bias, gamma: gamma, precision: precision))
    block = try ODEBlock(
      field: made, integrator: try integrators(integrator), layers: layers, horizon: horizon, offset: offset, precision: precision)
    self.precision = precision
    let count = made.parameters.reduce(0) { $0 + $1.count }
    parameters = try Numbers.normal(offset + layers * count, precision, seed: seed, deviation: 0.5)
    prepared = try Numbers(max(block.preparedCount(for: .training), 1), precision)
    prepare()
  }

  /// Makes the operators anew, after the parameters have changed.
  package func prepare() { block.prepare(0..<block.layers, parameters: parameters.vector, into: prepared.vector, for: .training) }

  package var weights: Weights { Weights(parameters: parameters.vector, prepared: prepared.vector) }
  package var stateWidth: Int { block.field.stateWidth }

  package func numbers(_ rows: Int, _ columns: Int) throws -> Numbers { try Numbers(rows * columns, precision) }

  /// A state of normal numbers.
  package func state(_ columns: Int, seed: UInt64 = 13) throws -> Numbers { try Numbers.normal(stateWidth * columns, precision, seed: seed) }

  /// The final state, and the gradient and initial cotangent of ⟨w, final state⟩ for a fixed w, as the policy computes them.
  package func derivatives(_ policy: any MemoryPolicy, columns: Int = 16) throws -> (final: Numbers, gradient: Numbers, cotangent: Numbers) {
    let rows = policy.tapeRows(block)
    let tape = try numbers(rows, columns).block(rows: rows, columns: columns)
    copy(try state(columns).block(rows: stateWidth, columns: columns), into: policy.initialState(block, tape: tape))
    let final = try numbers(stateWidth, columns)
    copy(policy.forward(block, weights, tape: tape), into: final.block(rows: stateWidth, columns: columns))
    let cotangent = try state(columns, seed: 14)
    let gradient = try Numbers(parameters.count, precision)
    let scratch = try numbers(block.scratchWidth, columns).block(rows: block.scratchWidth, columns: columns)
    policy.adjoint(
      block, weights, tape: tape, cotangent: cotangent.block(rows: stateWidth, columns: columns), gradient: gradient.vector, scratch: scratch)
    block.finishGradient(0..<block.layers, gradient.vector)
    return (final, gradient, cotangent)
  }

  /// The final state without a tape, from `initial`.
  package func propagate(_ initial: Numbers, columns: Int) throws -> Numbers {
    let buffer = try numbers(block.propagationRows, columns).block(rows: block.propagationRows, columns: columns)
    copy(initial.block(rows: stateWidth, columns: columns), into: block.propagated(0, in: buffer))
    let final = try numbers(stateWidth, columns)
    copy(block.propagate(weights, buffer: buffer), into: final.block(rows: stateWidth, columns: columns))
    return final
  }

  /// Every pair of field and integrator that the integrator accepts.
  package static let pairs: [(field: String, integrator: String)] = fields.entries.flatMap { field in
    integrators.entries.filter { (try? $0.entry.check(field.entry.make(FieldConfiguration(width: 2)))) != nil }.map { (field.name, $0.name) }
  }
}
