import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct NormalizationTests {
  private static let json = #"{"inputs": 3, "outputs": 4, "width": 5, "precision": "float64", "seed": 3, "field": "dense", "opening": "OPENING"}"#

  private func make(_ shift: [Double], _ scale: [Double], _ precision: Precision = .float64) throws -> Normalization {
    let (a, b) = (try Numbers(shift, .float64), try Numbers(scale, .float64))
    return try Normalization(
      shift: a.view(rows: shift.count, columns: 1), scale: b.view(rows: scale.count, columns: 1), inputs: 3, precision: precision)
  }

  /// Raw features with normalization and normalized features without it give the same bits of the loss, the parameters' gradient and the prediction. The gradient with respect to
  /// the raw features has the factor `scale`.
  @Test(arguments: ["zero_padding", "dense"]) func isAppliedWhereverFeaturesAreRead(_ opening: String) throws {
    let text = Self.json.replacing("OPENING", with: opening)
    let (shift, scale) = ([0.5, -1, 2], [2, 0.5, -3.0])
    let raw = try BatchCase(try network(text), samples: 70)
    try raw.network.replaceNormalization(with: make(shift, scale))
    let plain = try BatchCase(try network(text), samples: 70)
    for index in 0..<plain.features.count { plain.features[index] = (raw.features[index] - shift[index % 3]) * scale[index % 3] }
    #expect(try raw.predict().bits == plain.predict().bits)
    let (a, b) = (try raw.lossGradient(), try plain.lossGradient())
    #expect(a.result == b.result)
    #expect(a.gradient?.bits == b.gradient?.bits)

    func featureGradient(_ batch: BatchCase) throws -> [Double] {
      let (snapshot, plan) = (batch.network.snapshot, batch.network.plan)
      let sweep = try Sweep(plan, batch: 70, derivative: true, threads: 1)
      let pool = try WorkerPool(threads: 1)
      let out = try Numbers(70 * 3, .float64)
      try withExtendedLifetime((snapshot, sweep, pool)) {
        try sweep.pullback(
          snapshot.parameters, BatchSource(features: batch.view, normalization: snapshot.normalization), cotangent: batch.values.view(rows: 70, columns: 4),
          count: 70, gradient: nil, featureGradient: out.target(rows: 70, columns: 3), pool: pool)
      }
      return out.values
    }
    let expected = try featureGradient(plain).enumerated().map { $1 * scale[$0 % 3] }
    #expect(try largestDifference(featureGradient(raw), expected) < 1e-15)
    // A removed normalization has no effect.
    raw.network.replaceNormalization(with: nil)
    #expect(try raw.predict().bits != plain.predict().bits)
  }

  /// A float32 network normalizes float64 features before rounding them, in training, prediction and both derivatives: the normalized features are exact up to one float32 rounding.
  /// Times near 1.7e9 s stay distinct.
  @Test(arguments: ["zero_padding", "dense"]) func actsBeforeNumbersAreRounded(_ opening: String) throws {
    let made = try network(Self.json.replacing("OPENING", with: opening).replacing("float64", with: "float32"))
    let (shift, scale, rows) = ([1.7e9, 1e8, 0], [1 / 300.0, 1, 1.0], 1000)
    let noise = try Numbers.normal(rows, .float64, seed: 5).values
    let raw = try Numbers((0..<rows).flatMap { [1.7e9 + Double($0), 1e8 + noise[$0], 1e-3 * Double($0)] }, .float64)
    let entered = try Numbers((0..<3 * rows).map { Double(Float((raw[$0] - shift[$0 % 3]) * scale[$0 % 3])) }, .float32)

    func run(_ features: TensorView) throws -> [[Double]] {
      let (plan, snapshot) = (made.plan, made.snapshot)
      let (scores, gradient, features64) = (try Numbers(rows * 4, .float32), try Numbers(plan.parameterCount, .float32), try Numbers(rows * 3, .float64))
      let (direction, tangent) = (try Numbers((0..<rows * 3).map { Double($0 % 7) - 3 }, .float64), try Numbers(rows * 4, .float64))
      let predictor = try Predictor(made, maximumBatch: rows, threads: 1)
      let sweep = try Sweep(plan, batch: rows, derivative: true, threads: 1)
      let tangents = try TangentSweep(plan)
      let pool = try WorkerPool(threads: 1)
      let cotangent = try Numbers((0..<rows * 4).map { Double($0 % 5) - 2 }, .float64)
      let source = BatchSource(features: features, normalization: snapshot.normalization)
      // A direction of the normalized features, which is the same for both.
      for index in 0..<direction.count where snapshot.normalization != nil { direction[index] /= scale[index % 3] }
      try withExtendedLifetime((snapshot, predictor, sweep, tangents, pool)) {
        try predictor.run(features, .scores, into: scores.target(rows: rows, columns: 4), pool: nil)
        try sweep.pullback(
          snapshot.parameters, source, cotangent: cotangent.view(rows: rows, columns: 4), count: rows, gradient: gradient.vector,
          featureGradient: features64.target(rows: rows, columns: 3), pool: pool)
        try tangents.pushforward(
          snapshot.parameters, source, count: rows, direction: nil, featureDirection: direction.view(rows: rows, columns: 3), scores: nil,
          into: tangent.target(rows: rows, columns: 4))
      }
      let factors = snapshot.normalization == nil ? [1, 1, 1.0] : scale
      return [scores.values, gradient.values, (0..<rows * 3).map { features64[$0] / factors[$0 % 3] }, tangent.values]
    }
    let plain = try run(entered.view(rows: rows, columns: 3))
    try made.replaceNormalization(with: make(shift, scale, .float32))
    let normalized = try run(raw.view(rows: rows, columns: 3))
    #expect(normalized[0] == plain[0] && normalized[1] == plain[1])
    // Rounding errors of a factor and its inverse in float64, and of the direction in float32.
    #expect(largestDifference(normalized[2], plain[2]) < 1e-13 && largestDifference(normalized[3], plain[3]) < 1e-5)
    #expect(Set(stride(from: 0, to: 4 * rows, by: 4).map { normalized[0][$0] }).count == rows)
  }

  /// Normalization can bring features into range that are too large for float32.
  @Test func numbersThatFloat32DoesNotHold() throws {
    let made = try network(#"{"inputs": 1, "outputs": 1, "readout": "identity", "loss": "least_squares", "field": "linear_activation", "activation": "identity", "precision": "float32"}"#)
    for tensor in made.plan.tensors { try made.replace(tensor, with: try Numbers(tensor.range.count, .float64).view(rows: 1, columns: tensor.range.count)) }
    let (shift, scale) = (try Numbers([1e60], .float64), try Numbers([1e-57], .float64))
    try made.replaceNormalization(with: Normalization(shift: shift.view(rows: 1, columns: 1), scale: scale.view(rows: 1, columns: 1), inputs: 1, precision: .float32))
    let (features, out) = (try Numbers([1.003e60, 0.998e60], .float64), try Numbers(2, .float64))
    let predictor = try Predictor(made, maximumBatch: 2, threads: 1)
    try predictor.run(features.view(rows: 2, columns: 1), .scores, into: out.target(rows: 2, columns: 1), pool: nil)
    #expect(largestDifference(out.values, [3, -2]) < 1e-6)
  }

  @Test func refusesWhatItCannotHold() throws {
    #expect(refusal { _ = try make([1, 2], [1, 2, 3]) }?.status == .shapeMismatch)
    #expect(refusal { _ = try make([1, 2, 3], [1, 2, 3, 4]) }?.message.contains("scale of the normalization has 4 numbers") == true)
    let notFinite = refusal { _ = try make([1, .nan, 3], [1, 2, 3]) }
    #expect(notFinite?.status == .notFinite && notFinite?.message.contains("shift") == true && notFinite?.message.contains("feature 1") == true)
  }
}
