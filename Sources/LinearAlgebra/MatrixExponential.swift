/// exp(X) and, if wanted, its Fréchet derivative L(X, E) = d/dt exp(X + tE) at t = 0.
///
/// Scaling and squaring with diagonal Padé approximants of degree 3, 5 or 7. Sources: Higham (2005), "The scaling and squaring method for the matrix exponential revisited", table 2.3; Al-Mohy & Higham
/// (2009), "Computing the Fréchet derivative of the matrix exponential", §4: the derivative of the same algorithm. A diagonal approximant of an antisymmetric matrix is orthogonal.
package struct MatrixExponential {
  /// Matrices of memory for the exponential alone, and with its derivative.
  package static func matrices(withDerivative: Bool) -> Int { withDerivative ? 9 : 5 }

  /// Largest ‖X‖₁ for which the approximant of degree 2k + 1 has a backward error below the rounding of Double.
  private static let bounds = [(degree: 3, norm: 1.495585217958292e-2), (degree: 5, norm: 2.539398330063230e-1), (degree: 7, norm: 9.504178996162932e-1)]

  /// Numerator coefficients b₀ … b_m of degree 3, 5 and 7.
  private static func coefficient(_ degree: Int, _ index: Int) -> Double {
    switch degree {
    case 3: cubic[index]
    case 5: quintic[index]
    default: septic[index]
    }
  }
  private static let cubic = [120.0, 60, 12, 1]
  private static let quintic = [30240.0, 15120, 3360, 420, 30, 1]
  private static let septic = [17_297_280.0, 8_648_640, 1_995_840, 277_200, 25_200, 1512, 56, 1]

  private let memory: SquareMatrices
  private let hasDerivative: Bool

  /// Matrix 0 of the memory holds X; with the derivative, matrix 1 holds E. Both are overwritten.
  package init(_ memory: SquareMatrices, withDerivative: Bool) {
    self.memory = memory
    hasDerivative = withDerivative
  }

  /// exp(X) and L(X, E), matrices of the memory; input that is not finite gives output that is not finite.
  ///
  /// - Cost: with s = max(0, ⌈log₂ ‖X‖₁⌉) squarings at most 6 + s products and one factorization; with the derivative about three times this.
  package func run() -> (value: Matrix, derivative: Matrix?) {
    // Scale.
    let norm = columnSumNorm(memory[0])
    var squarings = 0
    while norm.isFinite, norm * Double(sign: .plus, exponent: -squarings, significand: 1) > Self.bounds[2].norm { squarings += 1 }
    let factor = Double(sign: .plus, exponent: -squarings, significand: 1)
    let degree = Self.bounds.first { norm * factor <= $0.norm }?.degree ?? 7
    var (x, y, even, odd, spare) = (memory[0], memory[2], memory[3], memory[4], memory[1])
    var (e, dy, dEven, dOdd) = (memory[1], memory[5], memory[6], memory[7])
    if hasDerivative { spare = memory[8] }
    assign(factor, x, into: x)
    multiply(1, x, x, 0, addingTo: y)
    if hasDerivative {
      assign(factor, e, into: e)
      multiply(1, x, e, 0, addingTo: dy)
      multiply(1, e, x, 1, addingTo: dy)
    }
    // Numerator V + U and denominator V − U: V even in X, U = X·W, both polynomials in Y = X².
    horner(degree, from: 0, y, dy, &even, &dEven, &spare)
    horner(degree, from: 1, y, dy, &odd, &dOdd, &spare)
    if hasDerivative {
      multiply(1, e, odd, 0, addingTo: dy)
      multiply(1, x, dOdd, 1, addingTo: dy)
    }
    multiply(1, x, odd, 0, addingTo: y)
    assign(1, even, into: x)
    add(-1, y, to: x)
    add(1, y, to: even)
    // The denominator is well conditioned at these norms; only numbers that are not finite have no factorization.
    guard factorize(x, memory) else {
      assign(.nan, even, into: even)
      if hasDerivative { assign(.nan, dEven, into: dEven) }
      return (even, hasDerivative ? dEven : nil)
    }
    divide(even, byFactorized: x, memory)
    if hasDerivative {
      // L = (dV + dU − R(dV − dU))·(V − U)⁻¹.
      assign(1, dEven, into: e)
      add(-1, dy, to: e)
      add(1, dy, to: dEven)
      multiply(-1, even, e, 1, addingTo: dEven)
      divide(dEven, byFactorized: x, memory)
    }
    for _ in 0..<squarings {
      if hasDerivative {
        multiply(1, even, dEven, 0, addingTo: spare)
        multiply(1, dEven, even, 1, addingTo: spare)
        swap(&dEven, &spare)
      }
      multiply(1, even, even, 0, addingTo: spare)
      swap(&even, &spare)
    }
    return (even, hasDerivative ? dEven : nil)
  }

  /// p = Σ_k b_{2k+from} Y^k and its derivative, by Horner's rule.
  private func horner(_ degree: Int, from: Int, _ y: Matrix, _ dy: Matrix, _ p: inout Matrix, _ dp: inout Matrix, _ spare: inout Matrix) {
    var index = degree - 1 + from
    // The first two coefficients: b·Y + b'·I.
    assign(Self.coefficient(degree, index), y, plusIdentity: Self.coefficient(degree, index - 2), into: p)
    if hasDerivative { assign(Self.coefficient(degree, index), dy, into: dp) }
    index -= 4
    while index >= 0 {
      if hasDerivative {
        multiply(1, dp, y, 0, addingTo: spare)
        multiply(1, p, dy, 1, addingTo: spare)
        swap(&dp, &spare)
      }
      multiply(1, p, y, 0, addingTo: spare)
      assign(1, spare, plusIdentity: Self.coefficient(degree, index), into: spare)
      swap(&p, &spare)
      index -= 2
    }
  }
}
