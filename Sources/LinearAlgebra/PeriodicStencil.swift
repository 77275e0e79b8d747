/// A convolution with three taps on n features that lie on a ring: (Ly)_i = c₀y_{i−1} + c₁y_i + c₂y_{i+1}, and the implicit smoothing (I + hLᵀL)⁻¹.
///
/// L and all that is made of it are circulant: diagonal in the Fourier basis, with eigenvalues L̂_ω = Σ_k c_k e^{2πiω(k−1)/n} and 1/(1 + h|L̂_ω|²) in (0, 1]. On tiles the smoothing is applied as a dense
/// matrix, made once from its eigenvalues: a product with n × n is faster than transforms up to hundreds of features.
/// Source: Haber, Lensink, Treister & Ruthotto 2019 (arXiv:1903.02639).
package struct PeriodicStencil: Sendable {
  package static let taps = 3
  package let size: Int

  package init(size: Int) { self.size = size }

  /// Numbers of work memory, in this precision, that the functions here need.
  package func memoryCount(_ precision: Precision) -> Int { (precision == .float64 ? 1 : 2) * doubles + 2 }
  private var doubles: Int { 4 * size + fourierWorkspaceCount(size) }

  /// out = (I + hLᵀL)⁻¹, n × n.
  ///
  /// - Cost: two Fourier transforms and n² stores.
  package func makeSmoothing(_ taps: Vector, stepSize h: Double, into out: Matrix, memory: UnsafeMutableRawPointer) {
    let work = Work(size, memory)
    work.transform(taps)
    work.setSpectrum { square, _ in 1 / (1 + h * square) }
    work.fill(out)
  }

  /// out = h(I + hLᵀL)⁻¹(dLᵀL + LᵀdL), n × n: the smoothing of r is y₊, and its derivative in the taps is −out·y₊.
  package func makeSmoothingDerivative(_ taps: Vector, direction: Vector, stepSize h: Double, into out: Matrix, memory: UnsafeMutableRawPointer) {
    let work = Work(size, memory)
    work.transform(direction)
    work.keep()
    work.transform(taps)
    work.setSpectrum { square, product in 2 * h * product / (1 + h * square) }
    work.fill(out)
  }

  /// dc_k −= h·Σ_s Σ_i ((Lq)_i y_{i+k−1} + (Ly)_i q_{i+k−1}): the gradient of the taps, q being (I + hLᵀL)⁻¹ times the cotangent of y = y₊.
  ///
  /// With R_d = Σ_{i,s} q_{i,s} y_{i+d,s} this is −h Σ_j c_j (R_{k−j} + R_{j−k}).
  /// - Parameters:
  ///   - q, y: n × samples.
  ///   - gradient: three numbers.
  package func accumulateGradient(_ taps: Vector, stepSize h: Double, q: Block, y: Block, addingTo gradient: Vector) {
    // R_0 twice, R_1 + R_{−1}, R_2 + R_{−2}.
    let correlations = (2 * lagged(q, y, 0), lagged(q, y, 1) + lagged(y, q, 1), lagged(q, y, 2) + lagged(y, q, 2))
    for k in 0..<Self.taps {
      var sum = 0.0
      for j in 0..<Self.taps {
        let distance = abs(k - j)
        sum += taps.load(j) * (distance == 0 ? correlations.0 : distance == 1 ? correlations.1 : correlations.2)
      }
      gradient.store(gradient.load(k) - h * sum, at: k)
    }
  }

  /// Σ_{i,s} a_{i,s} b_{i+d,s} around the ring.
  private func lagged(_ a: Block, _ b: Block, _ distance: Int) -> Double {
    let d = distance % size
    guard d > 0 else { return dot(a, b) }
    return dot(a.rows(0..<size - d), b.rows(d..<size)) + dot(a.rows(size - d..<size), b.rows(0..<d))
  }
}

/// Spectra of one stencil at a time.
private struct Work {
  let size: Int
  let real: Vector
  let imaginary: Vector
  let keptReal: Vector
  let keptImaginary: Vector
  let workspace: Vector

  init(_ size: Int, _ memory: UnsafeMutableRawPointer) {
    self.size = size
    let base = memory.alignedUp(toMultipleOf: 8)
    func vector(_ index: Int) -> Vector { Vector(base + index * size * 8, count: size, precision: .float64) }
    (real, imaginary, keptReal, keptImaginary) = (vector(0), vector(1), vector(2), vector(3))
    workspace = Vector(base + 4 * size * 8, count: fourierWorkspaceCount(size), precision: .float64)
  }

  /// The transform of the stencil's first column.
  func transform(_ taps: Vector) {
    LinearAlgebra.fill(real, 0)
    LinearAlgebra.fill(imaginary, 0)
    for k in 0..<PeriodicStencil.taps {
      // c_k multiplies y_{i+k−1}, so column 0 holds it in row i = 1 − k around the ring.
      let row = ((1 - k) % size + size) % size
      real.store(real.load(row) + taps.load(k), at: row)
    }
    fourierTransform(real: real, imaginary: imaginary, workspace: workspace)
  }

  func keep() {
    copy(real, into: keptReal)
    copy(imaginary, into: keptImaginary)
  }

  /// Each eigenvalue becomes a real number made of its squared magnitude and the real part of its product with the kept one's conjugate.
  func setSpectrum(_ value: (_ square: Double, _ product: Double) -> Double) {
    for k in 0..<size {
      let (a, b) = (real.load(k), imaginary.load(k))
      real.store(value(a * a + b * b, a * keptReal.load(k) + b * keptImaginary.load(k)), at: k)
      imaginary.store(0, at: k)
    }
  }

  /// The circulant matrix of these eigenvalues, which are real and even, so that it is symmetric.
  func fill(_ out: Matrix) {
    fourierTransform(real: real, imaginary: imaginary, isInverse: true, workspace: workspace)
    // Symmetric to the last bit, because the distances d and n − d take the same number.
    for i in 0..<size {
      for j in 0..<size {
        let distance = abs(i - j)
        let value = real.load(min(distance, size - distance))
        Vector(out.base, count: size * size, precision: out.precision).store(value, at: i * size + j)
      }
    }
  }
}
