import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

// Short forms for tests: they act on one layer and make their scratch memory themselves.

extension FieldConfiguration {
  /// Sets the option `gamma`, and others by name. The cubic rate is small, so that explicit steps of the usual test sizes keep states bounded. Normalizations treat
  /// samples apart, so that every scheme takes them.
  package init(
    width: Int, activation: Activation = .tanh, bias: BiasKind = .vector, gamma: Double, precision: Precision = .float32,
    others: [(key: String, value: OptionValue)] = [("cubic_rate", .real(0.02)), ("normalization", .text("layer"))]
  ) {
    self.init(width: width, activation: activation, bias: bias, precision: precision)
    for (key, value) in [("gamma", .real(gamma))] + others { try? options.set(key, value) }
  }
}

extension Block {
  /// A block of zeros, whose memory lives until the test ends.
  package static func zeros(_ rows: Int, _ columns: Int, _ precision: Precision) -> Block {
    guard let numbers = try? Numbers(rows * columns, precision) else { preconditionFailure("no memory for a test") }
    return numbers.block(rows: rows, columns: columns)
  }
}

extension VectorField {
  package func evaluate(_ component: Int, _ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?) {
    evaluate(
      component, layer, at: x, scale: scale, addingTo: base, into: out, record: record, scratch: .zeros(scratchWidth, x.columns, x.precision))
  }
}

extension Integrator {
  package func step(_ field: any VectorField, _ layer: Layer, stepSize: Double, from before: Block, into after: Block, record: Block?) {
    step(
      field, Step(layer, stepSize: stepSize), from: before, into: after, record: record,
      scratch: .zeros(scratchWidth(field), before.columns, before.precision))
  }

  package func reverse(_ field: any VectorField, _ layer: Layer, stepSize: Double, from after: Block, into before: Block, record: Block?) {
    reverse(
      field, Step(layer, stepSize: stepSize), from: after, into: before, record: record,
      scratch: .zeros(scratchWidth(field), before.columns, before.precision))
  }
}

