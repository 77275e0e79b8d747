import LinearAlgebra
import Testing

/// A positive semidefinite band: the sum of squares of combinations of `width` neighbors.
private func testForm(order: Int, width: Int, rowsSumToZero: Bool) throws -> (form: BandForm, dense: [[Double]]) {
  var dense = (0..<order).map { _ in [Double](repeating: 0, count: order) }
  for start in 0...max(order - width, 0) {
    var row = (0..<min(width, order)).map { Double(($0 * 5 + start * 3) % 7) - 2.5 }
    if rowsSumToZero { row[0] -= row.reduce(0, +) }
    for i in row.indices { for k in row.indices { dense[start + i][start + k] += row[i] * row[k] } }
  }
  let made = try BandForm(order: order, width: width) { add in
    for i in 0..<order { for k in max(0, i - width + 1)...i { add(i, k, dense[i][k]) } }
  }
  return (made, dense)
}

struct BandFormTests {
  private static let size = 5

  /// Value, gradient and solution agree with those of the dense matrix, for narrow, wide and full bands.
  @Test(arguments: [(1, 1), (2, 2), (6, 1), (7, 2), (9, 4), (5, 9)], Precision.allCases)
  func isTheDenseMatrix(shape: (order: Int, width: Int), precision: Precision) throws {
    for rowsSumToZero in [false, true] {
      let (form, dense) = try testForm(order: shape.order, width: shape.width, rowsSumToZero: rowsSumToZero)
      let n = shape.order * Self.size
      let (theta, gradient) = (try Numbers(n, precision, seed: 1), try Numbers(n, precision, seed: 2))
      let before = gradient.values
      let value = form.accumulate(theta.vector, strength: 0.7, addingTo: gradient.vector)
      let product = (0..<n).map { p in (0..<shape.order).reduce(0.0) { $0 + dense[p / Self.size][$1] * theta[$1 * Self.size + p % Self.size] } }
      let largest = dense.joined().map(abs).max() ?? 0
      #expect(abs(value - 0.35 * zip(product, theta.values).reduce(0) { $0 + $1.0 * $1.1 }) <= 1e-12 * largest * Double(n))
      for p in 0..<n { #expect(abs(gradient[p] - before[p] - 0.7 * product[p]) < 32 * precision.epsilon * (1 + largest * Double(shape.width))) }
      #expect(form.accumulate(theta.vector, strength: 0.7, addingTo: nil) == value)
      // (0.7·G + 0.3·I) times the solution is the right-hand side.
      let solved = try Numbers(n, precision, seed: 3)
      let start = solved.values
      let workspace = try Buffer(count: form.workspaceCount, precision: .float64)
      withExtendedLifetime(workspace) {
        form.solve(solved.vector, strength: 0.7, shift: 0.3, workspace: workspace.vector(count: form.workspaceCount, precision: .float64))
      }
      for p in 0..<n {
        let back = 0.3 * solved[p] + 0.7 * (0..<shape.order).reduce(0.0) { $0 + dense[p / Self.size][$1] * solved[$1 * Self.size + p % Self.size] }
        #expect(abs(back - start[p]) < 64 * precision.epsilon * (1 + largest * Double(shape.width) / 0.3))
      }
    }
  }

  /// A quadratic form of differences loses no digits if the vectors are nearly equal.
  @Test func differencesOfLargeNumbersAreExact() throws {
    let form = try BandForm(order: 3, width: 2) { add in
      for j in 1..<3 {
        add(j, j, 10)
        add(j, j - 1, -10)
        add(j - 1, j - 1, 10)
      }
    }
    let theta = try Numbers(3, .float64)
    for (i, value) in [1e8, 1e8 + 1, 1e8 - 2].enumerated() { theta.vector.store(value, at: i) }
    #expect(form.accumulate(theta.vector, strength: 1, addingTo: nil) == 5 * (1 + 9))
  }
}
