import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct NoisyFieldTests {
  private static let columns = 16
  private static let draws = LayerDraws(key: 11, sample: 0, layer: 1)

  private static func noises() -> [(name: String, noise: any LayerNoise)] {
    [
      ("depth", StochasticDepth(survival: 0.5, depth: BlockDepth(layers: 2))), ("depth without scaling", StochasticDepth(survival: 0.5, scaling: .none, depth: BlockDepth(layers: 2))),
      ("dropout", Dropout(rate: 0.4)), ("gaussian", AdditiveNoise(.gaussian, scale: 0.2, grid: TimeGrid(layers: 2, horizon: 1))),
    ]
  }

  private func example(_ name: String) throws -> FieldCase { try FieldCase(name, FieldConfiguration(width: 6, precision: .float64)) }

  /// out = base + s·(m⊙f) or base + s·(f + ξ), with the numbers that the noise draws and the record of f. Each component of a partitioned field has its own numbers.
  @Test(arguments: ["dense", "hamiltonian"]) func evaluatesByItsFormula(_ name: String) throws {
    let plain = try example(name)
    for (label, noise) in Self.noises() {
      let field = NoisyField(plain.field, noise)
      var layer = plain.layer()
      layer.draws = Self.draws
      var seen: [[Double]] = []
      for component in 0..<field.componentCount {
        let rows = field.rowsWritten(by: component).count
        let x = try plain.numbers(rows, Self.columns, seed: 2).block(rows: rows, columns: Self.columns)
        let base = try plain.numbers(rows, Self.columns, seed: 3).block(rows: rows, columns: Self.columns)
        let (f, out) = (Block.zeros(rows, Self.columns, .float64), Block.zeros(rows, Self.columns, .float64))
        let (record, plainRecord) = (Block.zeros(field.recordWidth, Self.columns, .float64), Block.zeros(field.recordWidth, Self.columns, .float64))
        plain.field.evaluate(component, plain.layer(), at: x, scale: 1, addingTo: nil, into: f, record: plainRecord)
        field.evaluate(component, layer, at: x, scale: 0.7, addingTo: base, into: out, record: record)
        #expect(record.values == plainRecord.values)
        let numbers = Block.zeros(noise.action == .scalesSamples ? 1 : rows, Self.columns, .float64)
        noise.draw(Self.draws.of(part: noise.action == .scalesSamples ? 0 : component), into: numbers)
        seen.append(numbers.values)
        for (index, value) in out.values.enumerated() {
          let m = numbers.values[index % numbers.values.count]
          let expected = base.values[index] + 0.7 * (noise.action == .adds ? f.values[index] + m : m * f.values[index])
          #expect(abs(value - expected) < 1e-14, "\(label)")
        }
      }
      // A layer is skipped as a whole; other noise differs between components.
      if seen.count == 2 { #expect((seen[0] == seen[1]) == (noise.action == .scalesSamples)) }
    }
  }

  /// Without random numbers it is the field itself, bit for bit, or E m·f.
  @Test func evaluationIsTheFieldItself() throws {
    let plain = try example("dense")
    let x = try plain.numbers(6, Self.columns, seed: 2).block(rows: 6, columns: Self.columns)
    for (label, noise) in Self.noises() {
      let field = NoisyField(plain.field, noise)
      var layer = plain.layer()
      layer.draws.layer = 1
      let (f, out) = (Block.zeros(6, Self.columns, .float64), Block.zeros(6, Self.columns, .float64))
      let mean = noise.mean(layer: 1)
      plain.field.evaluate(0, plain.layer(), at: x, scale: 0.7 * mean, addingTo: x, into: f, record: nil)
      field.evaluate(0, layer, at: x, scale: 0.7, addingTo: x, into: out, record: nil)
      #expect(f.values == out.values, "\(label)")
      // It is one affine map only if the field itself is one.
      #expect((field.affineForm(0, layer) == nil) == (mean != 1), "\(label)")
      layer.draws = Self.draws
      #expect(field.affineForm(0, layer) == nil)
    }
  }

  /// A noisy field forwards all properties of its field; none falls back to a default of the protocol.
  @Test(arguments: fields.names) func isInEverythingElseTheField(_ name: String) throws {
    let field = try fields(name).make(FieldConfiguration(width: 6))
    let noisy = NoisyField(field, Dropout(rate: 0.1))
    #expect(noisy.width == field.width && noisy.stateWidth == field.stateWidth && noisy.driveWidth == field.driveWidth && noisy.componentCount == field.componentCount)
    for component in 0..<field.componentCount {
      #expect(noisy.rowsRead(by: component) == field.rowsRead(by: component) && noisy.rowsWritten(by: component) == field.rowsWritten(by: component))
    }
    #expect(noisy.accelerationComponent == field.accelerationComponent && noisy.isDamped == field.isDamped && noisy.recordWidth == field.recordWidth)
    #expect((noisy.split == nil) == (field.split == nil) && (noisy.frozenDynamics == nil) == (field.frozenDynamics == nil))
    #expect(noisy.parameters.map(\.name) == field.parameters.map(\.name) && noisy.gradientNeedsFinish == field.gradientNeedsFinish)
    for purpose in [Purpose.training, .inference] { #expect(noisy.preparedCount(for: purpose) == field.preparedCount(for: purpose)) }
  }

  /// ⟨J̃v, w⟩ = ⟨v, J̃ᵀw⟩ for the drawn numbers; SweepTests has the Taylor test of whole networks.
  @Test(arguments: ["dense", "hamiltonian", "gradient_flow"]) func pullbackIsTheTranspose(_ name: String) throws {
    let plain = try example(name)
    for (label, noise) in Self.noises() {
      let field = NoisyField(plain.field, noise)
      var layer = plain.layer()
      layer.draws = Self.draws
      for component in 0..<field.componentCount {
        let rows = field.rowsWritten(by: component).count
        func block(_ seed: UInt64) throws -> Block { try plain.numbers(rows, Self.columns, seed: seed).block(rows: rows, columns: Self.columns) }
        let (x, v, w, out, back) = (try block(2), try block(3), try block(4), Block.zeros(rows, Self.columns, .float64), Block.zeros(rows, Self.columns, .float64))
        let (record, scratch) = (Block.zeros(field.recordWidth, Self.columns, .float64), Block.zeros(field.scratchWidth, Self.columns, .float64))
        field.evaluate(component, layer, at: x, scale: 1, addingTo: nil, into: out, record: record, scratch: scratch)
        field.pushforward(component, layer, direction: nil, at: x, record: record, tangent: v, scale: 0.7, addingTo: nil, into: out, scratch: scratch)
        field.pullback(component, layer, at: x, record: record, scale: 0.7, cotangent: w, addingTo: back, gradient: nil, scratch: scratch)
        #expect(abs(inner(out.values, w.values) - inner(v.values, back.values)) < 1e-13 * norm(out.values) * norm(w.values), "\(label)")
        #expect(norm(out.values) > 0)
      }
    }
  }
}
