import LinearAlgebra
import Settings

/// Preconditions the readout's problem by the second moments of its inputs: M = S + γI for each output, where S is the mean of (y; 1)(y; 1)ᵀ over the samples.
///
/// The Hessian is the mean of ∇²ℓ ⊗ (y; 1)(y; 1)ᵀ, and ∇²ℓ lies between fixed bounds (½ for softmax; Böhning 1992): if the Hessian is ill-conditioned, the states are the cause, not the loss.
final class ReadoutPreconditioner {
  private let map: AffineLayer
  private let origin: Int
  private let memory: Buffer
  private let moments: Vector
  private let matrices: SquareMatrices
  private let rows: Matrix
  private var isReady = false
  private var size: Int { map.inputs + 1 }

  init(_ map: AffineLayer, origin: Int, precision: Precision) throws(Failure) {
    self.map = map
    self.origin = origin
    let size = map.inputs + 1
    let momentCount = map.inputs * size
    let squareCount = SquareMatrices.count(1, size: size, precision: .float64) + 1
    memory = try Buffer(byteCount: 8 * (momentCount + squareCount + map.outputs * size))
    moments = Vector(memory.base, count: momentCount, precision: precision)
    matrices = SquareMatrices(memory.base + 8 * momentCount, size: size)
    rows = Matrix(memory.base + 8 * (momentCount + squareCount), rows: map.outputs, columns: size, precision: .float64)
  }

  /// Computes the preconditioner for other states.
  /// - Parameters:
  ///   - states: tiles, width × samples, with zeros in padding.
  ///   - count: the number of samples in all tiles.
  func update(_ states: [Block], count: Int) {
    let n = map.inputs
    fill(moments, 0)
    let second = Matrix(moments.base, rows: n, columns: n, precision: moments.precision)
    let first = moments[n * n..<n * size]
    let watch = Watch.current
    for tile in states where !watch.isOver {
      accumulateOuter(tile, tile, addingTo: second)
      accumulateRowSums(tile, addingTo: Bias(first.base, stride: 1))
    }
    let scale = 1 / Double(count)
    let all = matrices[0]
    // γ is a tenth of the mean eigenvalue. It keeps solves that end early from taking long steps along directions in which states hardly vary.
    let shift = 0.1 * (1 + scale * (0..<n).reduce(0) { $0 + moments.load($1 * n + $1) }) / Double(size)
    assign(scale, second, plusIdentity: shift, into: all.part(0, 0, n, n))
    let column = Matrix(first.base, rows: n, columns: 1, precision: moments.precision)
    assign(scale, column, into: all.part(0, n, n, 1))
    assign(scale, column.transposed, into: all.part(n, 0, 1, n))
    Vector(all.part(n, n, 1, 1).base, count: 1, precision: .float64).store(1 + shift, at: 0)
    isReady = factorize(all, matrices)
  }

  /// Writes z = M⁻¹r, or z = r if the moments are not finite. Both vectors hold only the readout's parameters.
  func apply(_ residual: Vector, into result: Vector) {
    guard isReady else { return copy(residual, into: result) }
    let n = map.inputs
    assign(1, map.matrix(residual, origin: origin), into: rows.part(0, 0, map.outputs, n))
    assign(1, biases(residual), into: rows.part(0, n, map.outputs, 1))
    divide(rows, byFactorized: matrices[0], matrices)
    assign(1, rows.part(0, 0, map.outputs, n), into: map.matrix(result, origin: origin))
    assign(1, rows.part(0, n, map.outputs, 1), into: biases(result))
  }

  private func biases(_ vector: Vector) -> Matrix { Matrix(map.bias(vector, origin: origin).base, rows: map.outputs, columns: 1, precision: vector.precision) }
}
