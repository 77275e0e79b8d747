import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct WeightUseTests {
  @Test func deviationsFollowFromFanInAndUse() {
    #expect(WeightUse.product.deviation(fanIn: 16, fanOut: 3) == 0.25)
    #expect(WeightUse.sum(terms: 4).deviation(fanIn: 16, fanOut: 3) == 0.125)
    // A square matrix has exactly the variance of a single product.
    for n in [1, 2, 3, 7, 100, 512, 65_536] {
      let product = WeightUse.product.deviation(fanIn: n, fanOut: n)
      #expect(WeightUse.gradient.deviation(fanIn: n, fanOut: n) == product && abs(WeightUse.normalizedGradient.deviation(fanIn: n, fanOut: n) / product - 1) < 1e-15)
    }
    // s² = 2·2/(14·16).
    #expect(abs(WeightUse.normalizedGradient.deviation(fanIn: 2, fanOut: 14) - 0.13363) < 1e-5)
    // s⁴ = 2/(m(m + n)) with m = 14 and n = 2.
    #expect(abs(WeightUse.gradient.deviation(fanIn: 2, fanOut: 14) - 0.3074) < 1e-4)
  }

  struct Size: Sendable, CustomStringConvertible {
    let field: String
    let options: [(key: String, value: OptionValue)]
    let channels: Int
    var description: String { ([field] + options.map { "\($0.key)=\($0.value.shown)" }).joined(separator: " ") + (channels == 0 ? "" : ", \(channels) channels") }
  }

  /// Every registered field in each of its forms, at each hidden width and number of channels.
  static let sizes: [Size] = fields.entries.flatMap { name, _, entry in
    var choices: [[(key: String, value: OptionValue)]] = [[]]
    for option in entry.options {
      let values: [OptionValue] =
        switch option.kind {
        // A feature by itself, or relative to all of them, is not as large as the state.
        case .choice where option.key == "normalization": [.text("batch"), .text("layer")]
        case .choice where option.key == "inner_normalization": [.text("none"), .text("layer")]
        case .choice(let names): names.map { .text($0) }
        case .integer where option.key == "hidden_width": [0, 2, 32, 512].map { .integer($0) }
        default: []
        }
      if values.isEmpty { continue }
      choices = choices.flatMap { chosen in values.map { chosen + [(option.key, $0)] } }
    }
    let channels = DrivenFieldTests.names.contains(name) ? [1, 4, 64] : [0]
    return choices.flatMap { options in channels.map { Size(field: name, options: options, channels: $0) } }
  }

  /// |f(y)| lies within [0.1, 3]·|y| for initial weights of any size, as the root mean square over samples with entries of magnitude one, and over several draws if the weights have few numbers.
  @Test(arguments: sizes, [Activation.tanh, .relu, .identity]) func everyFieldIsAsLargeAsItsState(_ size: Size, _ activation: Activation) throws {
    for width in [2, 16, 256] {
      var configuration = FieldConfiguration(width: width, activation: activation, precision: .float64)
      for (key, value) in size.options { try configuration.options.set(key, value) }
      if size.channels > 0 { configuration.drive = DriveConfiguration(channels: size.channels, hasPresence: false) }
      if let expected = FieldVariant(size.field, size.options).expectedRefusal(width: width) {
        #expect(refusal { _ = try fields(size.field).make(configuration) } == expected)
        continue
      }
      let field = try fields(size.field).make(configuration)
      for component in 0..<field.componentCount {
        var (value, state) = (0.0, 0.0)
        for draw in 0..<(width < 100 ? 20 : 1) {
          let example = try FieldCase(size.field, configuration, seed: 1000 + 100 * UInt64(draw), deviation: nil)
          let (read, written) = (field.rowsRead(by: component).count, field.rowsWritten(by: component).count)
          let y = try Numbers(read * 16, .float64)
          var stream = RandomStream(seed: 7 + UInt64(draw))
          stream.uniform(into: y.vector, low: -1.5, high: 1.5)
          let out = try example.zeros(written, 16)
          field.evaluate(
            component, example.layer(), at: y.block(rows: read, columns: 16), scale: 1, addingTo: nil, into: out.block(rows: written, columns: 16), record: nil,
            scratch: .zeros(field.scratchWidth, 16, .float64))
          value += out.values.reduce(0) { $0 + $1 * $1 } / Double(out.count)
          state += y.values.reduce(0) { $0 + $1 * $1 } / Double(y.count)
        }
        let ratio = (value / state).squareRoot()
        // A field that is scaled by 1/h so that its step does not expand adds h·f, at most twice the state, and as little as the worst fit of row sums allows.
        let (h, range) = field.preparesForStepSize ? (FieldCase.stepSize, 0.03...2) : (1, 0.1...3)
        #expect(range.contains(h * ratio), "width \(width), component \(component): \(ratio)")
      }
    }
  }
}
