import Glibc

/// The discrete Fourier transform of n complex numbers, any n: X_k = Σ_j x_j e^{−2πi jk/n}; or its inverse, x_j = (1/n) Σ_k X_k e^{+2πi jk/n}.
///
/// Cooley & Tukey (1965), mixed radix by the prime factors of n: O(n · sum of the factors), so slow for large primes. It is written for the preparation of operators, not for tiles.
/// - Parameters:
///   - real, imaginary: n Doubles each, transformed in place.
///   - workspace: `fourierWorkspaceCount(n)` Doubles.
/// - Accuracy: a few roundings times log n, relative to the norm.
package func fourierTransform(real: Vector, imaginary: Vector, isInverse: Bool = false, workspace: Vector) {
  let n = real.count
  precondition(imaginary.count == n && workspace.count >= fourierWorkspaceCount(n), "fourierTransform: n numbers each, and their workspace")
  precondition(real.precision == .float64 && imaginary.precision == .float64 && workspace.precision == .float64, "fourierTransform: Doubles")
  guard n > 1 else { return }
  // The inverse is the transform with real and imaginary parts exchanged, before and after.
  let re = (isInverse ? imaginary : real).base.assumingMemoryBound(to: Double.self)
  let im = (isInverse ? real : imaginary).base.assumingMemoryBound(to: Double.self)
  let work = workspace.base.assumingMemoryBound(to: Double.self)
  let transform = MixedRadix(length: n, cosines: work, sines: work + n, outReal: work + 2 * n, outImaginary: work + 3 * n, real: re, imaginary: im, spare: work + 4 * n)
  for k in 0..<n {
    let angle = 2 * Double.pi * Double(k) / Double(n)
    (transform.cosines[k], transform.sines[k]) = (cos(angle), sin(angle))
  }
  transform.run(n, from: 0, stride: 1, to: 0)
  let scale = isInverse ? 1 / Double(n) : 1
  for k in 0..<n { (re[k], im[k]) = (scale * transform.outReal[k], scale * transform.outImaginary[k]) }
}

/// Doubles of workspace for n numbers.
package func fourierWorkspaceCount(_ n: Int) -> Int { 6 * n }

private struct MixedRadix {
  let length: Int
  /// cos and sin of 2πk/n.
  let cosines: UnsafeMutablePointer<Double>
  let sines: UnsafeMutablePointer<Double>
  let outReal: UnsafeMutablePointer<Double>
  let outImaginary: UnsafeMutablePointer<Double>
  let real: UnsafeMutablePointer<Double>
  let imaginary: UnsafeMutablePointer<Double>
  /// 2p numbers for one butterfly of p.
  let spare: UnsafeMutablePointer<Double>

  /// The transform of the `count` numbers from `start` in steps of `stride`, into the output from `target`.
  func run(_ count: Int, from start: Int, stride: Int, to target: Int) {
    if count == 1 {
      (outReal[target], outImaginary[target]) = (real[start], imaginary[start])
      return
    }
    let p = smallestFactor(count)
    let m = count / p
    for q in 0..<p { run(m, from: start + q * stride, stride: stride * p, to: target + q * m) }
    // e^{−2πi/count} is number length/count of the table.
    let step = length / count
    for k in 0..<m {
      for q in 0..<p {
        let (c, s) = (cosines[q * k * step], sines[q * k * step])
        let (a, b) = (outReal[target + q * m + k], outImaginary[target + q * m + k])
        (spare[2 * q], spare[2 * q + 1]) = (a * c + b * s, b * c - a * s)
      }
      for r in 0..<p {
        var (sumReal, sumImaginary) = (spare[0], spare[1])
        for q in 1..<p {
          let index = (q * r % p) * m * step
          sumReal += spare[2 * q] * cosines[index] + spare[2 * q + 1] * sines[index]
          sumImaginary += spare[2 * q + 1] * cosines[index] - spare[2 * q] * sines[index]
        }
        (outReal[target + r * m + k], outImaginary[target + r * m + k]) = (sumReal, sumImaginary)
      }
    }
  }

  private func smallestFactor(_ n: Int) -> Int {
    // Factors of four first, for fewer passes.
    if n % 4 == 0 { return 4 }
    var factor = 2
    while factor * factor <= n {
      if n % factor == 0 { return factor }
      factor += 1
    }
    return n
  }
}
