import LinearAlgebra
import TestSupport
import Testing

@Suite struct PeriodicStencilTests {
  private static let taps = [-1.0, 1.3, 0.4]

  /// L as rows: (Ly)_i = c₀y_{i−1} + c₁y_i + c₂y_{i+1} around the ring.
  private func stencil(_ taps: [Double], _ n: Int) -> [[Double]] {
    var rows = Array(repeating: Array(repeating: 0.0, count: n), count: n)
    for i in 0..<n { for k in 0..<3 { rows[i][(i + k - 1 + n) % n] += taps[k] } }
    return rows
  }

  /// I + hLᵀL.
  private func implicit(_ taps: [Double], _ h: Double, _ n: Int) -> [[Double]] {
    let l = stencil(taps, n)
    return zip(plainIdentity(n), plainProduct(plainTranspose(l), l)).map { zip($0, $1).map { $0 + h * $1 } }
  }

  private func smoothing(_ taps: [Double], _ h: Double, _ n: Int, _ precision: Precision) throws -> [[Double]] {
    let ring = PeriodicStencil(size: n)
    let memory = try SmallMemory(count: ring.memoryCount(precision), precision: precision)
    let out = try SampleNumbers(n * n, precision).matrix(rows: n, columns: n)
    ring.makeSmoothing(try SampleNumbers(taps, precision).vector, stepSize: h, into: out, memory: memory.base)
    return withExtendedLifetime(memory) { out.rowsOfNumbers }
  }

  /// Includes rings that are shorter than the stencil.
  @Test(arguments: [1, 2, 3, 4, 7, 16, 30], Precision.allCases) func smoothingIsTheInverse(_ n: Int, _ precision: Precision) throws {
    for h in [0.1, 1000] {
      let made = try smoothing(Self.taps, h, n, precision)
      let product = plainProduct(made, implicit(try SampleNumbers(Self.taps, precision).values, h, n))
      // Rounding error of the inverse times the condition number, which is at most 1 + h·‖L‖² = 1 + h·2.7².
      #expect(largestDifference(product.flatMap { $0 }, plainIdentity(n).flatMap { $0 }) < 10 * precision.epsilon * (1 + 7.3 * h))
      #expect(made == plainTranspose(made), "symmetric to the last bit")
    }
  }

  /// −D·y agrees with the difference quotient of the smoothing of r = (I + hLᵀL)y.
  @Test func derivativeIsThatOfTheSmoothing() throws {
    let (n, h, direction) = (7, 2.0, [0.3, -0.8, 0.5])
    let ring = PeriodicStencil(size: n)
    let memory = try SmallMemory(count: ring.memoryCount(.float64), precision: .float64)
    let out = try SampleNumbers(n * n, .float64).matrix(rows: n, columns: n)
    ring.makeSmoothingDerivative(
      try SampleNumbers(Self.taps, .float64).vector, direction: try SampleNumbers(direction, .float64).vector, stepSize: h, into: out, memory: memory.base)
    let y = try SampleNumbers.normal(n, .float64, seed: 5).values
    let r = implicit(Self.taps, h, n).map { inner($0, y) }
    let sides = try [1e-5, -1e-5].map { e in try smoothing(zip(Self.taps, direction).map { $0 + e * $1 }, h, n, .float64).map { inner($0, r) } }
    let quotient = zip(sides[0], sides[1]).map { ($0 - $1) / 2e-5 }
    // The third derivative times 1e-10, and rounding over 1e-5.
    #expect(largestDifference(out.rowsOfNumbers.map { -inner($0, y) }, quotient) < 1e-8)
  }

  /// dc_k = −h Σ ((Lq)_i y_{i+k−1} + (Ly)_i q_{i+k−1}), term by term, added to the present contents of the result.
  @Test(arguments: [1, 2, 5], Precision.allCases) func gradientIsTheSum(_ n: Int, _ precision: Precision) throws {
    let (q, y, h) = (try SampleNumbers.normal(n * 16, precision, seed: 6), try SampleNumbers.normal(n * 16, precision, seed: 7), 0.7)
    let gradient = try SampleNumbers([1, 2, 3], precision)
    PeriodicStencil(size: n).accumulateGradient(
      try SampleNumbers(Self.taps, precision).vector, stepSize: h, q: q.block(rows: n, columns: 16), y: y.block(rows: n, columns: 16), addingTo: gradient.vector)
    var expected = [1.0, 2, 3]
    let l = stencil(Self.taps, n)
    for s in 0..<16 {
      let (q, y) = (q.column(s, of: 16), y.column(s, of: 16))
      let (lq, ly) = (l.map { inner($0, q) }, l.map { inner($0, y) })
      for k in 0..<3 {
        for i in 0..<n {
          let shifted = (i + k - 1 + n) % n
          expected[k] -= h * (lq[i] * y[shifted] + ly[i] * q[shifted])
        }
      }
    }
    #expect(largestDifference(gradient.values, expected) < 100 * precision.epsilon)
  }
}
