import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct OwnTimeFieldTests {
  private static let columns = 16

  /// A field with rates, the layer of its own rates and drive, and a direction.
  private struct Example {
    let plain: FieldCase
    let field: OwnTimeField
    let rates: Numbers
    let drive: Numbers

    init(_ name: String) throws {
      var configuration = FieldConfiguration(width: 6, precision: .float64)
      configuration.drive = DriveConfiguration(channels: 2)
      plain = try FieldCase(name, configuration)
      field = OwnTimeField(plain.field, intervals: 2)
      rates = try plain.numbers(1, OwnTimeFieldTests.columns, seed: 31)
      rates[3] = 0
      let own = try plain.numbers(plain.field.driveWidth, OwnTimeFieldTests.columns, seed: 32)
      drive = try Numbers(rates.values + own.values, .float64)
    }

    /// The layer with the rates before the field's own drive; `isWrapped` false: without them.
    func layer(isWrapped: Bool = true) -> Layer {
      var layer = plain.layer()
      layer.driveBase = drive.vector.base + (isWrapped ? 0 : 8 * OwnTimeFieldTests.columns)
      return layer
    }
    func block(_ rows: Int, _ seed: UInt64) throws -> Block { try plain.numbers(rows, OwnTimeFieldTests.columns, seed: seed).block(rows: rows, columns: OwnTimeFieldTests.columns) }
    func zeros(_ rows: Int) -> Block { Block.zeros(rows, OwnTimeFieldTests.columns, .float64) }
  }

  /// out = base + s·r⊙f for every component, with or without a record; where r is 0 nothing changes.
  @Test(arguments: ["dense", "hamiltonian", "antisymmetric_rnn"]) func evaluatesByItsFormula(_ name: String) throws {
    let example = try Example(name)
    for component in 0..<example.field.componentCount {
      let rows = example.field.rowsWritten(by: component).count
      let (x, base, f, out, again) = (try example.block(rows, 2), try example.block(rows, 3), example.zeros(rows), example.zeros(rows), example.zeros(rows))
      let scratch = example.zeros(example.field.scratchWidth)
      example.plain.field.evaluate(component, example.layer(isWrapped: false), at: x, scale: 1, addingTo: nil, into: f, record: nil, scratch: scratch)
      example.field.evaluate(component, example.layer(), at: x, scale: 0.7, addingTo: base, into: out, record: nil, scratch: scratch)
      example.field.evaluate(component, example.layer(), at: x, scale: 0.7, addingTo: base, into: again, record: example.zeros(example.field.recordWidth), scratch: scratch)
      #expect(out.values == again.values)
      for (index, value) in out.values.enumerated() {
        let rate = example.rates[index % Self.columns]
        #expect(abs(value - (base.values[index] + 0.7 * rate * f.values[index])) < 1e-14)
        if rate == 0 { #expect(value == base.values[index]) }
      }
    }
  }

  /// It is in everything else the field, but that nothing is known of steps whose size is given by data.
  @Test(arguments: fields.names) func forwardsTheRest(_ name: String) throws {
    let field = try fields(name).make(FieldConfiguration(width: 6))
    let own = OwnTimeField(field, intervals: 2)
    #expect(own.width == field.width && own.stateWidth == field.stateWidth && own.driveWidth == field.driveWidth + 1 && own.componentCount == field.componentCount)
    for component in 0..<field.componentCount {
      #expect(own.rowsRead(by: component) == field.rowsRead(by: component) && own.rowsWritten(by: component) == field.rowsWritten(by: component))
    }
    #expect(own.isDamped == field.isDamped && own.isDense == field.isDense && own.couplesSamples == field.couplesSamples && own.shape == field.shape && own.pixels == field.pixels)
    #expect(own.split == nil && own.frozenDynamics == nil && own.accelerationComponent == nil && own.affineForm(0, Layer()) == nil)
    #expect(own.parameters.map(\.name) == field.parameters.map(\.name) && own.gradientNeedsFinish == field.gradientNeedsFinish)
    for purpose in [Purpose.training, .inference] { #expect(own.preparedCount(for: purpose) == field.preparedCount(for: purpose)) }
  }

  /// ⟨J(v, δr, δu), w⟩ = ⟨(v, δr, δu), Jᵀw⟩, and the derivative by the rates is f itself.
  @Test(arguments: ["dense", "hamiltonian", "gradient_flow", "antisymmetric_rnn"]) func pullbackIsTheTranspose(_ name: String) throws {
    let example = try Example(name)
    let field = example.field
    for component in 0..<field.componentCount {
      let rows = field.rowsWritten(by: component).count
      let (x, v, w, out, back) = (try example.block(rows, 2), try example.block(rows, 3), try example.block(rows, 4), example.zeros(rows), example.zeros(rows))
      let (record, scratch) = (example.zeros(field.recordWidth), example.zeros(field.scratchWidth))
      field.evaluate(component, example.layer(), at: x, scale: 1, addingTo: nil, into: out, record: record, scratch: scratch)
      // A direction and a gradient in the drive alone: the tensors' lie in memory of zeros.
      let zero = try FieldCase(name, example.plain.configuration, deviation: 0, asDirection: true)
      let (changes, sums) = (try example.plain.numbers(field.driveWidth, Self.columns, seed: 9), try Numbers(field.driveWidth * Self.columns, .float64))
      var (direction, gradient) = (zero.layer(), try FieldCase(name, example.plain.configuration, deviation: 0).layer())
      (direction.driveBase, gradient.driveBase) = (changes.vector.base, sums.vector.base)
      field.pushforward(component, example.layer(), direction: direction, at: x, record: record, tangent: v, scale: 0.7, addingTo: nil, into: out, scratch: scratch)
      field.pullback(component, example.layer(), at: x, record: record, scale: 0.7, cotangent: w, addingTo: back, gradient: gradient, scratch: scratch)
      let (forward, backward) = (inner(out.values, w.values), inner(v.values, back.values) + inner(changes.values, sums.values))
      #expect(abs(forward - backward) < 1e-13 * norm(out.values) * norm(w.values))
      #expect(norm(Array(sums.values.prefix(Self.columns))) > 0.1)
    }
  }
}
