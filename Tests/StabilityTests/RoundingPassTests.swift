import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

/// The bound of rounding errors against the errors themselves: a float32 network against the same weights in float64.
@Suite struct RoundingPassTests {
  /// The largest error of a difference of scores over the bound for it, on inputs within a ball.
  private static func share(_ options: String, form: String = #""inputs": 12, "width": 9, "opening": "dense""#, scale: Double, bias: Double = 0, size: Double = 1, radius: Double = 0.5, seed: UInt64, normalized: Bool = false) throws -> (share: Double, isBounded: Bool) {
    let text = #"{\#(form), "outputs": 4, "precision": "%", \#(options)}"#
    let (narrow, wide) = (try certified(text.replacing("%", with: "float32"), scale: scale, seed: seed), try network(text.replacing("%", with: "float64")))
    if bias > 0 {
      let numbers = try Numbers(narrow.plan.parameterCount, .float32)
      copy(narrow.snapshot.parameters, into: numbers.vector)
      for tensor in narrow.plan.tensors where tensor.name.hasSuffix(".b") { for (k, index) in tensor.range.enumerated() { numbers[index] = bias * (k % 2 == 0 ? 1 : -0.99) } }
      _ = try narrow.replaceParameters(with: numbers.vector)
    }
    let (parameters, inputs) = (narrow.snapshot.parameters, narrow.plan.inputs)
    let same = try Numbers((0..<parameters.count).map { parameters.load($0) }, .float64)
    _ = try wide.replaceParameters(with: same.vector)
    if normalized {
      let (shift, factor) = (try Numbers((0..<12).map { 1.3 * Double($0) }, .float64), try Numbers((0..<12).map { 0.1 + 7 * Double($0 % 4) }, .float64))
      for made in [narrow, wide] {
        made.replaceNormalization(with: try Normalization(shift: shift.view(rows: 1, columns: 12), scale: factor.view(rows: 1, columns: 12), inputs: 12, precision: made.plan.precision))
      }
    }
    let rows = 64
    let x = try Numbers.normal(rows * inputs, .float32, seed: seed + 70, deviation: size)
    // All rows lie within the ball around the first.
    for row in 1..<rows {
      let direction = (0..<inputs).map { x[row * inputs + $0] }
      let length = norm(direction)
      for i in 0..<inputs { x[row * inputs + i] = x[i] + direction[i] / max(length, 1e-300) * radius * 0.999 * Double(row) / Double(rows) }
    }
    func scores(_ made: Network) throws -> Numbers {
      let out = try Numbers(rows * 4, .float64)
      _ = try Predictor(made, maximumBatch: rows, threads: 1).run(x.view(rows: rows, columns: inputs), .scores, into: out.target(rows: rows, columns: 4), isPartial: true, pool: nil)
      return out
    }
    let radii = try CertifiedRadii(narrow, narrow.snapshot)
    let samples = try RadiusSamples(radii, narrow, x.view(rows: rows, columns: inputs).rows(0..<1), threads: 1)
    let ball = InputBall(center: try samples.result(0).ball.center, radius: Interval(radius), isExact: true)
    let (a, b) = (try scores(narrow), try scores(wide))
    var worst = 0.0
    for (predicted, margins) in [try radii.margins(CertifiedRadii.Scores(computed: [4, 3, 2, 1], exact: [4, 3, 2, 1]))] {
      for margin in margins {
        guard let errors = try radii.errors(ball, center: ball, predicted: predicted, margin), let other = margin.other else { return (0, false) }
        for row in 0..<rows {
          let error = abs((a[row * 4 + predicted] - a[row * 4 + other]) - (b[row * 4 + predicted] - b[row * 4 + other]))
          #expect(error.isFinite)
          worst = max(worst, error / errors.ball)
        }
      }
    }
    return (worst, true)
  }

  @Test(arguments: [
    #""field": "gradient_flow""#, #""field": "gradient_flow", "steps": "row_sums""#, #""field": "dense""#, #""field": "two_layer""#, #""field": "antisymmetric", "gamma": 0.3"#,
    #""field": "antisymmetric_damped", "gamma": 0.3"#, #""field": "negative_definite""#, #""field": "gradient_flow", "integrator": "rk4""#, #""field": "dense", "integrator": "heun""#,
    #""field": "hamiltonian", "integrator": "verlet""#, #""field": "hamiltonian_two_weight", "integrator": "verlet""#,
  ], ["tanh", "relu", "gelu", "softplus", "sigmoid", "identity"])
  func errorsStayBelowTheirBound(_ field: String, _ activation: String) throws {
    if field.contains("row_sums"), activation == "gelu" { return }
    for (index, horizon) in [0.5, 1, 5].enumerated() {
      for normalized in [false, true] {
        let options = #"\#(field), "activation": "\#(activation)", "layers": 5, "horizon": \#(horizon)"#
        let found = try Self.share(options, scale: 0.4, seed: UInt64(index + 1), normalized: normalized)
        #expect(found.isBounded && found.share < 1 && found.share > 0, "\(options): \(found)")
      }
    }
  }

  /// Over images of even and odd sizes, by Winograd's algorithm and in order.
  @Test(arguments: [
    #""field": "gradient_flow""#, #""field": "gradient_flow", "steps": "row_sums""#, #""field": "dense""#, #""field": "antisymmetric", "gamma": 0.3"#, #""field": "antisymmetric_damped", "gamma": 0.3"#,
    #""field": "gradient_flow", "steps": "row_sums", "hidden_width": 5"#, #""field": "negative_definite""#,
  ], [("zero", "automatic"), ("periodic", "automatic"), ("zero", "direct"), ("periodic", "direct")])
  func errorsOfConvolutionsStayBelowTheirBound(_ field: String, _ form: (String, String)) throws {
    let (padding, algorithm) = form
    for (index, shape) in ["[3, 5, 4]", "[2, 4, 6]", "[1, 7, 3]"].enumerated() {
      for (activation, scale, bias) in [("tanh", 0.3, 0.0), ("relu", 0.3, 0.0), ("sigmoid", 2.0, 0.0), ("relu", 0.3, 1e6), ("relu", 1e-30, 0.0), ("relu", 1e-40, 0.0)] {
        let options = #"\#(field), "operator": "convolution", "padding": "\#(padding)", "convolution": "\#(algorithm)", "activation": "\#(activation)", "layers": 3, "horizon": 0.6"#
        let found = try Self.share(options, form: #""input_shape": \#(shape), "width": 3"#, scale: scale, bias: bias, seed: UInt64(index + 1))
        #expect(found.isBounded && found.share < 1, "\(options), \(scale), \(bias): \(found)")
      }
    }
  }

  /// Steps row_sums divide by h before they multiply by it: a tiny step may overflow between.
  @Test func factorsOfTinyStepsMayOverflow() throws {
    for (horizon, isBounded) in [(1e-30, true), (1e-36, false)] {
      let found = try Self.share(#""field": "gradient_flow", "steps": "row_sums", "activation": "relu", "layers": 2, "horizon": \#(horizon)"#, scale: 0.4, radius: 100, seed: 3)
      #expect(found.isBounded == isBounded && found.share < 1, "\(horizon): \(found)")
    }
  }

  /// Biases that inflate rounding errors, weights at both ends of the range, subnormals.
  @Test(arguments: [(0.4, 1e6), (0.4, 5e6), (1e-30, 0), (1e-38, 0), (1e-42, 0), (30.0, 0)], [1.0, 1e-40, 1e4]) func hostileNumbers(_ weights: (Double, Double), _ size: Double) throws {
    for field in [#""field": "gradient_flow", "activation": "relu""#, #""field": "dense""#, #""field": "gradient_flow", "steps": "row_sums", "activation": "relu""#] {
      let found = try Self.share(#"\#(field), "layers": 4"#, scale: weights.0, bias: weights.1, size: size, radius: size, seed: 5)
      #expect(!found.isBounded || found.share < 1, "\(field) \(weights) \(size): \(found)")
    }
  }

  /// Weights whose products overflow float32 on the ball: no bound.
  @Test func overflowIsNotBounded() throws {
    let made = try certified(#"{"inputs": 4, "outputs": 3, "width": 4, "opening": "dense", "field": "dense", "activation": "relu", "layers": 3}"#, scale: 1e25)
    let radii = try CertifiedRadii(made, made.snapshot)
    #expect(try radii.radius(CertifiedRadii.Scores(computed: [1e30, 0, 0], exact: [1e30, 0, 0]), center: Interval(1), isExact: true, isExactInTwin: true).radius == 0)
  }

  @Test func sumsThatAreTooLongAreRefused() { #expect(RoundingUnit(.float32).gamma(1 << 24) == nil) }

  /// Where h times a tableau's last weight is 1 or −1, sums of products begin from the state, and their roundings are added. A step size beside 1 has none of them.
  @Test(arguments: ["2,-1", "0,1"]) func sumsThatBeginFromTheStateAreCounted(_ weights: String) throws {
    func bound(_ horizon: Double) throws -> Double {
      let made = try certified(
        #"{"inputs": 12, "outputs": 4, "width": 9, "opening": "dense", "field": "dense", "integrator": "runge_kutta", "tableau_a": "0.5", "tableau_b": "\#(weights)", "tableau_order": 1, "layers": 1, "horizon": \#(horizon)}"#,
        scale: 0.2, seed: 4)
      let radii = try CertifiedRadii(made, made.snapshot)
      let ball = InputBall(center: Interval(2), radius: Interval(0.5), isExact: true)
      let (predicted, margins) = try radii.margins(CertifiedRadii.Scores(computed: [4, 3, 2, 1], exact: [4, 3, 2, 1]))
      return try #require(try radii.errors(ball, center: ball, predicted: predicted, margins[0])).ball
    }
    let (beginning, beside) = (try bound(1), try bound(1 + 1e-9))
    #expect(beginning > 1.01 * beside, "\(beginning), \(beside)")
  }
}
