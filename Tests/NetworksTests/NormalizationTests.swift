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

  /// Raw features with the normalization are normalized features without: in the loss, the parameters' gradient, the prediction, to the last bit; the gradient with respect to
  /// the raw features carries the factor `scale`.
  @Test(arguments: ["zero_padding", "dense"]) func isAppliedWhereverFeaturesAreRead(_ opening: String) throws {
    let text = Self.json.replacing("OPENING", with: opening)
    let (shift, scale) = ([0.5, -1, 2], [2, 0.5, -3.0])
    let raw = try BatchCase(try network(text), samples: 70)
    try raw.network.replaceNormalization(with: try make(shift, scale))
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
    // Removed, it is gone.
    try raw.network.replaceNormalization(with: nil)
    #expect(try raw.predict().bits != plain.predict().bits)
  }

  @Test func refusesWhatItCannotHold() throws {
    #expect(refusal { _ = try make([1, 2], [1, 2, 3]) }?.status == .shapeMismatch)
    #expect(refusal { _ = try make([1, 2, 3], [1, 2, 3, 4]) }?.message.contains("scale of the normalization has 4 numbers") == true)
    let notFinite = refusal { _ = try make([1, .nan, 3], [1, 2, 3]) }
    #expect(notFinite?.status == .notFinite && notFinite?.message.contains("shift") == true && notFinite?.message.contains("feature 1") == true)
    #expect(refusal { _ = try make([1, 2, 3], [1, 1e300, 3], .float32) }?.message.contains("too large for float32") == true)
  }
}
