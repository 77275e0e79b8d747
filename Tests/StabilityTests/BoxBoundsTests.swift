import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

@Suite struct BoxBoundsTests {
  /// Distances of pairs of inputs in a box grow by no more than the bound for it, which is no larger than the global one.
  private static func check(_ made: Network, _ center: Double, _ reach: Double) throws {
    let certificate = try prove("lipschitz_l2", made, #"{"lower": \#(center - reach), "upper": "\#(center + reach)"}"#)
    #expect(certificate.verdict == .proved)
    let (local, global) = (certificate.results[0].value, certificate.results[2].value)
    #expect(local <= global)
    let (inputs, outputs, pairs) = (made.plan.inputs, made.plan.outputs, 100)
    let x = try Numbers(2 * pairs * inputs, .float64)
    var stream = RandomStream(seed: 5)
    stream.uniform(into: x.vector, low: center - reach, high: center + reach)
    let out = try Numbers(2 * pairs * outputs, .float64)
    _ = try Predictor(made, maximumBatch: 2 * pairs, threads: 1).run(x.view(rows: 2 * pairs, columns: inputs), .scores, into: out.target(rows: 2 * pairs, columns: outputs), pool: nil)
    func apart(_ numbers: Numbers, _ pair: Int, _ width: Int) -> Double { norm((0..<width).map { numbers[2 * pair * width + $0] - numbers[(2 * pair + 1) * width + $0] }) }
    for pair in 0..<pairs { #expect(apart(out, pair, outputs) <= local * apart(x, pair, inputs) * (1 + 1e-9)) }
  }

  /// The bound on the box holds, and is smaller than the global one where slopes are small there.
  @Test(arguments: [#""field": "dense""#, #""field": "antisymmetric", "gamma": 1"#, #""field": "gradient_flow""#], ["tanh", "relu", "sigmoid", "softplus", "leaky_relu", "gelu", "elu"])
  func holdsOnTheBox(_ field: String, _ activation: String) throws {
    for (center, reach) in [(0.0, 0.1), (3, 0.5), (-2, 1)] {
      let made = try certified(
        #"{"inputs": 4, "outputs": 3, "width": 6, "opening": "dense", "precision": "float64", "activation": "\#(activation)", "layers": 3, "horizon": 1.5, \#(field)}"#, scale: 0.8, seed: 7)
      try Self.check(made, center, reach)
    }
  }

  /// Connectors that change nothing in evaluation leave the box as it is. Those that move numbers to other places end the box, even where as many numbers leave as enter: what follows has the bounds for all inputs.
  @Test func connectorsThatMoveNumbersEndTheBox() throws {
    func made(_ connectors: String) throws -> Network {
      try certified(
        #"{"input_shape": [1, 2, 2], "outputs": 3, "precision": "float64", "blocks": [\#(connectors), {"connector": "flatten"}, {"field": "dense", "operator": "dense", "layers": 2}]}"#, scale: 0.5, seed: 3)
    }
    try Self.check(try made(#"{"connector": "dropout", "dropout_rate": 0.5}"#), 0.5, 0.3)
    for moving in [#"{"connector": "channel_padding", "channels": 4, "stride": 2}"#, #"{"connector": "channel_padding", "channels": 2}, {"connector": "first_channels", "channels": 1}"#] {
      let certificate = try prove("lipschitz_l2", try made(moving), #"{"lower": 0, "upper": 1}"#)
      #expect(certificate.verdict == .proved && certificate.results[0].value == certificate.results[2].value && certificate.claim.contains("other connectors"), "\(certificate.claim)")
    }
  }

  /// The Double 0.1 is a little more than 1/10, so that 1 + h·w is not 0 for w = −10, although their product rounds to −1. The bound counts what the sum does not show.
  @Test func whatCancelsKeepsItsError() throws {
    let made = try network(#"{"inputs": 2, "outputs": 2, "width": 2, "opening": "zero_padding", "precision": "float64", "bias": "vector", "activation": "relu", "layers": 1, "horizon": 0.1, "field": "dense"}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float64)
    for (name, diagonal) in [("blocks.0.K", -10.0), ("readout.W", 1)] {
      let range = try made.tensor(name).range
      (numbers[range.lowerBound], numbers[range.upperBound - 1]) = (diagonal, diagonal)
    }
    for index in try made.tensor("blocks.0.b").range { numbers[index] = 30 }
    _ = try made.replaceParameters(with: numbers.vector)
    let certificate = try prove("lipschitz_l2", made, #"{"lower": 1, "upper": 2}"#)
    let block = try #require(certificate.stages?.first { $0.stage.kind == "block" })
    let exact = Double(abs(1 - 10 * Float80(0.1 as Double)))
    #expect(exact > 5e-17 && block.layers[0].lipschitz >= exact && block.layers[0].lipschitz < 1e-12)
  }

  /// Samples of every activation have their values in its box, and the quotients of their differences between its slopes. Of monotone activations no smaller box of values holds.
  @Test(arguments: Activation.allCases) func valuesAndSlopesLieInTheBox(_ activation: Activation) throws {
    let ranges = [(-3.0, -1.0), (-1, 2), (0, 0.5), (0.5, 4), (-0.05, 0.05), (-40, -20), (20, 40), (1.5, 1.5), (-2.5, -2.3), (-0.5, 0)]
    let box = ActivationBox(activation)
    let (values, slopes) = (try box.values(ranges.map(\.0), ranges.map(\.1)), try box.slopes(ranges.map(\.0), ranges.map(\.1)))
    for (place, (low, high)) in ranges.enumerated() {
      let points = (0...200).map { min(low + (high - low) * Double($0) / 200, high) }
      let found = try activated(activation, points)
      for value in found { #expect(value >= values.lower[place] && value <= values.upper[place], "\(low) … \(high): \(value)") }
      for k in 0..<200 where points[k + 1] > points[k] {
        let slope = (found[k + 1] - found[k]) / (points[k + 1] - points[k])
        #expect(slope >= slopes[place].lowerBound - 1e-9 && slope <= slopes[place].upperBound + 1e-9, "\(low) … \(high): \(slope)")
      }
      let width = activation.isMonotone ? found[200] - found[0] : activation.lipschitz * (high - low)
      #expect(values.upper[place] - values.lower[place] <= width + 1e-9)
      #expect(slopes[place].lowerBound >= activation.slopeRange.lowerBound && slopes[place].upperBound <= activation.slopeRange.upperBound)
    }
  }

  @Test func saturatedSlopesShrinkTheBound() throws {
    let made = try certified(#"{"inputs": 2, "outputs": 2, "width": 2, "opening": "zero_padding", "precision": "float64", "bias": "vector", "activation": "tanh", "layers": 1, "horizon": 1, "field": "dense"}"#)
    let numbers = try Numbers(made.plan.parameterCount, .float64)
    for tensor in made.plan.tensors where tensor.name != "blocks.0.b" { (numbers[tensor.range.lowerBound], numbers[tensor.range.upperBound - 1]) = (1, 1) }
    for tensor in made.plan.tensors where tensor.name == "blocks.0.b" { for index in tensor.range { numbers[index] = 20 } }
    _ = try made.replaceParameters(with: numbers.vector)
    let certificate = try prove("lipschitz_l2", made, #"{"lower": -1, "upper": 1}"#)
    #expect(certificate.results[0].value < 1.5 && certificate.results[2].value > 1.9)
  }

  @Test func wrongBoxesAreNamed() throws {
    let made = try network(#"{"inputs": 3, "outputs": 3, "layers": 1}"#)
    #expect(refusal { _ = try prove("lipschitz_l2", made, #"{"lower": "1,2", "upper": 3}"#) }?.status == .shapeMismatch)
    #expect(refusal { _ = try prove("lipschitz_l2", made, #"{"lower": 4, "upper": 3}"#) }?.status == .outOfRange)
  }
}
