/// A rotation made from a matrix A: Q = exp(hS), or its approximation by Cayley, (I − ½hS)⁻¹(I + ½hS), S = A − Aᵀ; with both its derivatives.
///
/// Sources: Cayley (1846); Higham (2005) for the exponential. Q is orthogonal for every A and h: it is computed in Double, and a Newton–Schulz step removes the accumulated rounding errors, Q ← ½Q(3I − QᵀQ).
/// All work memory is passed in.
package struct Rotation: Sendable {
  package enum Kind: Sendable {
    case cayley
    case exponential
  }

  package let kind: Kind
  package let size: Int

  package init(_ kind: Kind, size: Int) {
    self.kind = kind
    self.size = size
  }

  /// Numbers of work memory that the functions here need.
  package func memoryCount(withDerivatives: Bool, precision: Precision) -> Int {
    let exponential = MatrixExponential.matrices(withDerivative: withDerivatives)
    return SquareMatrices.count(kind == .cayley ? 3 : exponential, size: size, precision: precision)
  }

  /// Q from A.
  ///
  /// - Parameters: a, q: n × n, any strides, of either precision.
  /// - Cost: about 4n³ operations for Cayley, 8 to 20 n³ for the exponential.
  package func make(_ a: Matrix, angle h: Double, into q: Matrix, memory: UnsafeMutableRawPointer) {
    let memory = SquareMatrices(memory, size: size)
    var result = memory[1]
    switch kind {
    case .cayley:
      antisymmetricPart(h / 2, a, into: memory[0])
      assign(1, memory[0], plusIdentity: 1, into: result)
      assign(-1, memory[0], plusIdentity: 1, into: memory[0])
      // I − ½hS has no singular value below one.
      if !factorize(memory[0], memory) { assign(.nan, result, into: result) }
      divide(result, byFactorized: memory[0], memory)
    case .exponential:
      antisymmetricPart(h, a, into: memory[0])
      result = MatrixExponential(memory, withDerivative: false).run().value
    }
    // Two matrices that do not overlap the result.
    let defect = memory[0].base == result.base ? memory[2] : memory[0]
    let copied = memory[1].base == result.base ? memory[2] : memory[1]
    multiply(1, result.transposed, result, 0, addingTo: defect)
    assign(1, result, into: copied)
    multiply(-0.5, copied, defect, 1.5, addingTo: result)
    assign(1, result, into: q)
  }

  /// The tangent dQ of Q for a tangent dA of A.
  package func makeDirection(_ direction: Matrix, at a: Matrix, rotation q: Matrix, angle h: Double, into dq: Matrix, memory: UnsafeMutableRawPointer) {
    let memory = SquareMatrices(memory, size: size)
    switch kind {
    case .cayley:
      antisymmetricPart(h, direction, into: memory[1])
      sandwich(q, transposed: false, memory)
      assign(1, memory[1], into: dq)
    case .exponential:
      antisymmetricPart(h, a, into: memory[0])
      antisymmetricPart(h, direction, into: memory[1])
      if let result = MatrixExponential(memory, withDerivative: true).run().derivative { assign(1, result, into: dq) }
    }
  }

  /// The transpose of `makeDirection`, in place: the cotangent of Q becomes that of A.
  package func pullBack(_ cotangent: Matrix, at a: Matrix, rotation q: Matrix, angle h: Double, memory: UnsafeMutableRawPointer) {
    let memory = SquareMatrices(memory, size: size)
    var result = memory[1]
    assign(1, cotangent, into: result)
    switch kind {
    case .cayley: sandwich(q, transposed: true, memory)
    case .exponential:
      // The adjoint of the derivative at X is the derivative at Xᵀ = −X.
      antisymmetricPart(-h, a, into: memory[0])
      result = MatrixExponential(memory, withDerivative: true).run().derivative ?? result
    }
    antisymmetricPart(h, result, into: cotangent)
  }

  /// With W = (I − ½hS)⁻¹ = ½(I + Q): matrix 1 becomes W·(matrix 1)·W, or with Wᵀ in place of W: since dQ = W·(h dS)·W.
  private func sandwich(_ q: Matrix, transposed: Bool, _ memory: SquareMatrices) {
    assign(0.5, transposed ? q.transposed : q, plusIdentity: 0.5, into: memory[0])
    multiply(1, memory[0], memory[1], 0, addingTo: memory[2])
    multiply(1, memory[2], memory[0], 0, addingTo: memory[1])
  }
}
