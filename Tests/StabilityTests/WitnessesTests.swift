import LinearAlgebra
import Networks
import Stability
import TestSupport
import Testing

/// Witnesses against frozen steps, computed again from their numbers.
@Suite struct WitnessesTests {
  @Test(arguments: [(#""field": "gradient_flow""#, 9.0), (#""field": "antisymmetric", "gamma": 0.2"#, 2.0)]) func frozenSteps(_ field: String, _ horizon: Double) throws {
    for seed in 1...10 as ClosedRange<UInt64> {
      let made = try certified(#"{"inputs": 4, "outputs": 4, "precision": "float64", "width": 4, "opening": "zero_padding", \#(field), "layers": 1, "horizon": \#(horizon)}"#, seed: seed)
      let certificate = try prove("step_size", made)
      guard let witness = certificate.witness else {
        #expect(certificate.verdict == .proved)
        continue
      }
      #expect(certificate.verdict == .refuted)
      let v = witness["vector"]?.elements?.compactMap(\.real) ?? []
      let k = try #require(made.plan.tensors.first { $0.name == "blocks.0.K" })
      let w = (0..<4).map { i in (0..<4).map { made.snapshot.parameters.load(k.range.lowerBound + 4 * i + $0) } }
      func apply(_ a: [[Double]], _ x: [Double]) -> [Double] { a.map { inner($0, x) } }
      let transposed = (0..<4).map { j in (0..<4).map { w[$0][j] } }
      let change: [Double]
      if field.contains("antisymmetric") {
        change = zip(zip(apply(w, v), apply(transposed, v)).map { 0.5 * ($0 - $1) }, v).map { $0 - 0.1 * $1 }
      } else {
        change = apply(transposed, apply(w, v)).map { -$0 }
      }
      let after = zip(v, change).map { $0 + horizon * $1 }
      #expect(norm(after) > norm(v) && abs(norm(after) / norm(v) - (witness["ratio"]?.real ?? 0)) < 1e-9)
    }
  }
}
