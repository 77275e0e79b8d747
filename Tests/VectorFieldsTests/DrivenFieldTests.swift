import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// The contracts of all driven fields, with and without a row of presence.
@Suite struct DrivenFieldTests {
  struct Variant: Sendable, CustomStringConvertible {
    let name: String
    let drive: DriveConfiguration
    var description: String { "\(name), \(drive.channels) channels\(drive.hasPresence ? ", presence" : "")" }

    func example(
      width: Int = 6, activation: Activation = .tanh, bias: BiasKind = .vector, precision: Precision = .float64, seed: UInt64 = 3, asDirection: Bool = false
    ) throws -> FieldCase {
      var configuration = FieldConfiguration(width: width, activation: activation, bias: bias, precision: precision)
      configuration.drive = drive
      if name.contains("rnn"), name != "ode_rnn" { try configuration.options.set("gamma", .real(0.3)) }
      return try FieldCase(name, configuration, seed: seed, asDirection: asDirection)
    }
  }

  static let names = fields.names.filter { name in isCertain { try fields(name).make(FieldConfiguration(width: 4)) is any DrivenField } }
  static let variants = names.flatMap { name in
    [(1, false), (3, false), (3, true)].map { Variant(name: name, drive: DriveConfiguration(channels: $0.0, hasPresence: $0.1)) }
  }

  /// A field that reads external input declares its form.
  @Test func fieldsWithADriveAreDriven() throws {
    #expect(try fields.names.filter { try fields($0).make(FieldConfiguration(width: 4)).driveWidth > 0 } == Self.names && !Self.names.isEmpty)
  }

  private func block(_ numbers: Numbers, _ rows: Int, _ columns: Int = 16) -> Block { numbers.block(rows: rows, columns: columns) }

  /// f at x in float64, with tensors and drive changed by ε times a direction.
  private func moved(_ example: FieldCase, _ direction: FieldCase, _ x: Numbers, _ v: Numbers, _ epsilon: Double) throws -> [Double] {
    let field = example.field
    let shifted = try Numbers(zip(x.values, v.values).map { $0 + epsilon * $1 }, .float64)
    var layer = example.layer()
    let tensors = try zip(example.tensors, direction.tensors).map { try Numbers(zip($0.values, $1.values).map { $0 + epsilon * $1 }, .float64) }
    for (index, tensor) in tensors.enumerated() { layer.tensors[index] = tensor.vector.base }
    let prepared = try Numbers(max(field.preparedCount(for: .training), 1), .float64)
    if field.preparedCount(for: .training) > 0 { layer.prepared = prepared.vector.base }
    field.prepare(layer, for: .training, asDirection: false)
    let drive = try Numbers(zip(example.drive.values, direction.drive.values).map { $0 + epsilon * $1 }, .float64)
    layer.driveBase = drive.vector.base
    let out = try example.zeros(field.width, 16)
    field.evaluate(0, layer, at: block(shifted, field.width), scale: 1, addingTo: nil, into: block(out, field.width), record: nil)
    return out.values
  }

  /// The tangent in state, parameters and drive together agrees with central differences, whose errors are ε² times third derivatives, and rounding/ε.
  @Test(arguments: variants, [Activation.tanh, .softplus]) func tangentIsTheDerivative(_ variant: Variant, _ activation: Activation) throws {
    for bias in BiasKind.allCases {
      let example = try variant.example(activation: activation, bias: bias)
      let direction = try variant.example(activation: activation, bias: bias, seed: 41, asDirection: true)
      let field = example.field
      let (x, v) = (try example.numbers(field.width, 16, seed: 21), try example.numbers(field.width, 16, seed: 22))
      let (value, tangent) = (try example.zeros(field.width, 16), try example.zeros(field.width, 16))
      let (record, scratch) = (try example.zeros(field.recordWidth, 16), try example.zeros(field.scratchWidth, 16))
      field.evaluate(
        0, example.layer(), at: block(x, field.width), scale: 1, addingTo: nil, into: block(value, field.width), record: block(record, field.recordWidth),
        scratch: block(scratch, field.scratchWidth))
      field.pushforward(
        0, example.layer(), direction: direction.layer(), at: block(x, field.width), record: block(record, field.recordWidth), tangent: block(v, field.width),
        scale: 1, addingTo: nil, into: block(tangent, field.width), scratch: block(scratch, field.scratchWidth))
      let (ahead, behind) = (try moved(example, direction, x, v, 1e-5), try moved(example, direction, x, v, -1e-5))
      let differences = zip(ahead, behind).map { ($0 - $1) / 2e-5 }
      #expect(largestDifference(tangent.values, differences) < 1e-7, "\(variant) \(bias)")
      #expect(norm(tangent.values) > 0.1)
    }
  }

  /// ⟨Jv, w⟩ = ⟨v, Jᵀw⟩ with v in state, parameters and drive; q written over p, out over base.
  @Test(arguments: variants, Precision.allCases) func pullbackIsTheTransposeOfPushforward(_ variant: Variant, _ precision: Precision) throws {
    for columns in [1, 16] {
      let example = try variant.example(precision: precision)
      let direction = try variant.example(precision: precision, seed: 41, asDirection: true)
      let field = example.field
      let width = field.width
      func of(_ numbers: Numbers, _ rows: Int) -> Block { numbers.block(rows: rows, columns: columns) }
      let driveDirection = try Numbers.normal(field.driveWidth * columns, precision, seed: 55)
      var directionLayer = direction.layer()
      directionLayer.driveBase = driveDirection.vector.base
      let (x, v, w) = (try example.numbers(width, columns, seed: 21), try example.numbers(width, columns, seed: 22), try example.numbers(width, columns, seed: 23))
      let (out, record, scratch) = (try example.zeros(width, columns), try example.zeros(field.recordWidth, columns), try example.zeros(field.scratchWidth, columns))
      field.evaluate(
        0, example.layer(), at: of(x, width), scale: 0.7, addingTo: nil, into: of(out, width), record: of(record, field.recordWidth),
        scratch: of(scratch, field.scratchWidth))
      field.pushforward(
        0, example.layer(), direction: directionLayer, at: of(x, width), record: of(record, field.recordWidth), tangent: of(v, width), scale: 0.7,
        addingTo: nil, into: of(out, width), scratch: of(scratch, field.scratchWidth))

      let gradients = try field.parameters.map { try Numbers($0.count, precision) }
      let driveCotangent = try Numbers(field.driveWidth * columns, precision)
      var gradient = Layer()
      for (index, tensor) in gradients.enumerated() { gradient.tensors[index] = tensor.vector.base }
      gradient.driveBase = driveCotangent.vector.base
      let q = try Numbers(w.values, precision)
      field.pullback(
        0, example.layer(), at: of(x, width), record: of(record, field.recordWidth), scale: 0.7, cotangent: of(q, width), addingTo: of(q, width),
        gradient: gradient, scratch: of(scratch, field.scratchWidth))
      if field.gradientNeedsFinish { field.finishGradient(gradient) }
      let forward = inner(out.values, w.values)
      // q contained w before.
      var backward = inner(v.values, zip(q.values, w.values).map { $0 - $1 }) + inner(driveDirection.values, driveCotangent.values)
      for (tensor, change) in zip(gradients, direction.tensors) { backward += inner(tensor.values, change.values) }
      #expect(abs(forward - backward) < 200 * precision.epsilon * norm(out.values) * norm(w.values), "\(variant), \(columns) columns")

      // Without a gradient the state's cotangent is the same.
      let alone = try Numbers(w.values, precision)
      field.pullback(
        0, example.layer(), at: of(x, width), record: of(record, field.recordWidth), scale: 0.7, cotangent: of(alone, width), addingTo: of(alone, width),
        gradient: nil, scratch: of(scratch, field.scratchWidth))
      #expect(alone.bits == q.bits)
    }
  }

  /// A sample has the same bits alone and in a tile, prepared for either purpose, with and without a record.
  @Test(arguments: variants, Precision.allCases) func aSampleAloneHasTheSameBits(_ variant: Variant, _ precision: Precision) throws {
    let example = try variant.example(width: 7, precision: precision)
    let field = example.field
    let (x, base, out) = (try example.numbers(7, 16, seed: 21), try example.numbers(7, 16, seed: 22), try example.zeros(7, 16))
    field.evaluate(0, example.layer(), at: block(x, 7), scale: 0.7, addingTo: block(base, 7), into: block(out, 7), record: nil)
    for purpose in [Purpose.training, .inference] {
      var layer = example.layer(purpose)
      let drive = try Numbers((0..<field.driveWidth).map { example.drive[$0 * 16 + 5] }, precision)
      layer.driveBase = drive.vector.base
      let (x1, out1) = (try Numbers(x.column(5, of: 16), precision), try Numbers(base.column(5, of: 16), precision))
      let record = try example.zeros(field.recordWidth, 1)
      field.evaluate(
        0, layer, at: block(x1, 7, 1), scale: 0.7, addingTo: block(out1, 7, 1), into: block(out1, 7, 1), record: record.block(rows: field.recordWidth, columns: 1))
      #expect(out1.values == out.column(5, of: 16), "\(purpose)")
    }
  }

  /// f of sample `s`, by hand.
  static func evaluated(_ example: FieldCase, _ x: [Double]) throws -> [Double] {
    let (input, out) = (try Numbers(x, .float64), try Numbers(example.field.width, .float64))
    example.field.evaluate(
      0, example.layer(), at: input.block(rows: x.count, columns: 1), scale: 1, addingTo: nil, into: out.block(rows: out.count, columns: 1), record: nil)
    return out.values
  }

  /// A tensor as rows, and the drive of a single sample.
  static func matrix(_ example: FieldCase, _ name: String) -> [[Double]] {
    guard let index = example.field.parameters.firstIndex(where: { $0.name == name }) else { return [] }
    let shape = example.field.parameters[index].shape
    return example.tensors[index].rows(of: shape.count == 1 ? 1 : shape[1])
  }
  static func vector(_ example: FieldCase, _ name: String) -> [Double] { matrix(example, name).map { $0[0] } }
  static func drive(_ example: FieldCase) -> [Double] { (0..<example.field.driveWidth).map { example.drive[$0] } }

  /// (W − Wᵀ − γI)h, γ = 0.3 as in `Variant.example`.
  static func recurrent(_ example: FieldCase, _ h: [Double]) -> [Double] {
    let w = matrix(example, "W")
    return h.indices.map { i in h.indices.reduce(-0.3 * h[i]) { $0 + (w[i][$1] - w[$1][i]) * h[$1] } }
  }
}

func plainSum(_ x: [Double]...) -> [Double] { x[0].indices.map { i in x.reduce(0) { $0 + $1[i] } } }
