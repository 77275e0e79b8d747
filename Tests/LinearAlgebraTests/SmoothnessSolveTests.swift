import LinearAlgebra
import Testing

/// The solution of Ax = b by Gaussian elimination with row exchanges.
private func denseSolve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
  let n = right.count
  var rows = zip(matrix, right).map { $0 + [$1] }
  for k in 0..<n {
    let pivot = (k..<n).max { abs(rows[$0][k]) < abs(rows[$1][k]) } ?? k
    rows.swapAt(k, pivot)
    for i in k + 1..<max(n, k + 1) {
      let factor = rows[i][k] / rows[k][k]
      for j in k...n { rows[i][j] -= factor * rows[k][j] }
    }
  }
  var x = [Double](repeating: 0, count: n)
  for k in stride(from: n - 1, through: 0, by: -1) {
    x[k] = (rows[k][n] - (k + 1..<max(n, k + 1)).map { rows[k][$0] * x[$0] }.reduce(0, +)) / rows[k][k]
  }
  return x
}

/// strength·Σ_j (e_j − e_{j−1})(e_j − e_{j−1})ᵀ/d_j + shift·I.
private func smoothnessMatrix(_ distances: [Double], strength: Double, shift: Double) -> [[Double]] {
  let n = distances.count + 1
  var matrix = (0..<n).map { i in (0..<n).map { $0 == i ? shift : 0 } }
  for (j, distance) in distances.enumerated() {
    let f = strength / distance
    matrix[j][j] += f
    matrix[j + 1][j + 1] += f
    matrix[j][j + 1] -= f
    matrix[j + 1][j] -= f
  }
  return matrix
}

@Suite struct SmoothnessSolveTests {
  private static let size = 3

  /// Solves densely for the values of each parameter over the layers.
  private func expected(_ start: [Double], _ distances: [Double], strength: Double, shift: Double) -> [Double] {
    let layers = distances.count + 1
    let matrix = smoothnessMatrix(distances, strength: strength, shift: shift)
    var result = start
    for i in 0..<Self.size {
      let x = denseSolve(matrix, (0..<layers).map { start[$0 * Self.size + i] })
      for j in 0..<layers { result[j * Self.size + i] = x[j] }
    }
    return result
  }

  /// The cosine transform is accurate to the promised 1e-12, and in single precision to a few rounding errors, for shifts that are small and large relative to the smoothness.
  @Test(arguments: [1, 2, 3, 8, 13, 32, 60], Precision.allCases) func equalsTheDenseSolve(layers: Int, precision: Precision) throws {
    for (factor, shift) in [(1.0, 1.0), (40, 0.01), (0.001, 5), (0, 2)] {
      let x = try Numbers(layers * Self.size, precision, seed: 4)
      let wanted = expected(x.values, Array(repeating: 1, count: layers - 1), strength: factor, shift: shift)
      try SmoothnessSolve(maximumLayers: 64).solve(x.vector, layers: layers, factor: factor, shift: shift)
      let scale = wanted.map(abs).max() ?? 1
      for (found, value) in zip(x.values, wanted) { #expect(abs(found - value) <= scale * (precision == .float64 ? 1e-12 : 4 * precision.epsilon)) }
    }
  }
}
