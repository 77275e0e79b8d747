import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

@Suite struct BoxBoundsTests {
  /// Pairs of inputs in a box: the bound on the box holds, and is smaller than the global one where slopes are small there.
  @Test(arguments: [#""field": "dense""#, #""field": "antisymmetric", "gamma": 1"#, #""field": "gradient_flow""#], ["tanh", "relu", "sigmoid", "softplus", "leaky_relu", "gelu", "elu"])
  func holdsOnTheBox(_ field: String, _ activation: String) throws {
    for (center, reach) in [(0.0, 0.1), (3, 0.5), (-2, 1)] {
      let made = try certified(
        #"{"inputs": 4, "outputs": 3, "width": 6, "opening": "dense", "precision": "float64", "activation": "\#(activation)", "layers": 3, "horizon": 1.5, \#(field)}"#, scale: 0.8, seed: 7)
      let certificate = try prove("lipschitz_l2", made, #"{"lower": \#(center - reach), "upper": "\#(center + reach)"}"#)
      #expect(certificate.verdict == .proved)
      let (local, global) = (certificate.results[0].value, certificate.results[2].value)
      #expect(local <= global)
      let pairs = 100
      let x = try Numbers(2 * pairs * 4, .float64)
      var stream = RandomStream(seed: 5)
      stream.uniform(into: x.vector, low: center - reach, high: center + reach)
      let out = try Numbers(2 * pairs * 3, .float64)
      _ = try Predictor(made, maximumBatch: 2 * pairs, threads: 1).run(x.view(rows: 2 * pairs, columns: 4), .scores, into: out.target(rows: 2 * pairs, columns: 3), pool: nil)
      for pair in 0..<pairs {
        let apart = norm((0..<3).map { out[6 * pair + $0] - out[6 * pair + 3 + $0] })
        #expect(apart <= local * norm((0..<4).map { x[8 * pair + $0] - x[8 * pair + 4 + $0] }) * (1 + 1e-9))
      }
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
    #expect(try prove("lipschitz_l2", try network(#"{"inputs": 3, "outputs": 3, "layers": 1, "field": "two_layer"}"#), #"{"lower": 0, "upper": 1}"#).verdict == .notProvable)
  }
}
