import Glibc

/// The orthonormal cosine transform (DCT-II) in place, c_k = s_k Σ_j x_j cos(πk(2j+1)/(2n)) with s_0 = √(1/n), s_k = √(2/n); or its inverse, which is its transpose.
///
/// Its basis diagonalizes the second difference with reflecting ends, of eigenvalues 2 − 2cos(πk/n). Source: Makhoul (1980), "A fast cosine transform in one and two dimensions": one Fourier transform of length n.
/// - Parameters:
///   - x: n Doubles.
///   - workspace: `cosineWorkspaceCount(n)` Doubles.
package func cosineTransform(_ x: Vector, isInverse: Bool = false, workspace: Vector) {
  let n = x.count
  precondition(x.precision == .float64 && workspace.precision == .float64 && workspace.count >= cosineWorkspaceCount(n), "cosineTransform: Doubles, and their workspace")
  guard n > 1 else { return }
  let (real, imaginary, rest) = (workspace[0..<n], workspace[n..<2 * n], workspace[2 * n..<workspace.count])
  let (re, im) = (real.base.assumingMemoryBound(to: Double.self), imaginary.base.assumingMemoryBound(to: Double.self))
  let values = x.base.assumingMemoryBound(to: Double.self)
  let (first, other) = ((1 / Double(n)).squareRoot(), (2 / Double(n)).squareRoot())
  if isInverse {
    // V_k = e^{iπk/2n}(c_k − i c_{n−k}), c_n = 0, of the coefficients without their factors.
    for k in 0..<n {
      let (c, d) = (values[k] / (k == 0 ? first : other), k == 0 ? 0 : values[n - k] / other)
      let angle = Double.pi * Double(k) / Double(2 * n)
      (re[k], im[k]) = (c * cos(angle) + d * sin(angle), c * sin(angle) - d * cos(angle))
    }
    fourierTransform(real: real, imaginary: imaginary, isInverse: true, workspace: rest)
    for j in 0..<n { values[j] = re[j % 2 == 0 ? j / 2 : n - 1 - j / 2] }
  } else {
    // Even places ascending, then odd places descending.
    for j in 0..<n {
      re[j % 2 == 0 ? j / 2 : n - 1 - j / 2] = values[j]
      im[j] = 0
    }
    fourierTransform(real: real, imaginary: imaginary, workspace: rest)
    for k in 0..<n {
      let angle = Double.pi * Double(k) / Double(2 * n)
      values[k] = (k == 0 ? first : other) * (re[k] * cos(angle) + im[k] * sin(angle))
    }
  }
}

/// Doubles of workspace for n numbers.
package func cosineWorkspaceCount(_ n: Int) -> Int { 2 * n + fourierWorkspaceCount(n) }
