import LinearAlgebra
import Testing

private func dotted(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }

@Suite struct GridDifferencesTests {
  /// L as a matrix for the points of one grid, with one row for each pair of neighbors or for each point.
  private func matrix(_ rows: Int, _ columns: Int, _ type: GridOperator) -> [[Double]] {
    let points = rows * columns
    var pairs: [(Int, Int)] = []
    for row in 0..<rows {
      for column in 0..<columns {
        if column + 1 < columns { pairs.append((row * columns + column, row * columns + column + 1)) }
        if row + 1 < rows { pairs.append((row * columns + column, (row + 1) * columns + column)) }
      }
    }
    let differences = pairs.map { pair in (0..<points).map { $0 == pair.0 ? 1.0 : $0 == pair.1 ? -1 : 0 } }
    guard type == .laplacian else { return differences }
    return (0..<points).map { i in (0..<points).map { j in differences.map { $0[i] * $0[j] }.reduce(0, +) } }
  }

  @Test(arguments: [(1, 7), (5, 1), (3, 4), (1, 1), (2, 2)], GridOperator.allCases)
  func agreesWithTheMatrix(_ shape: (Int, Int), _ type: GridOperator) throws {
    let points = shape.0 * shape.1
    let rows = matrix(shape.0, shape.1, type)
    for precision in Precision.allCases {
      let (x, gradient) = (try Numbers(2 * points, precision, seed: 7), try Numbers(2 * points, precision, seed: 8))
      let before = gradient.values
      let energy = accumulateGridRoughness(x.vector, rows: shape.0, columns: shape.1, type, strength: 0.3, addingTo: gradient.vector)
      var expected = 0.0
      for image in 0..<2 {
        let values = Array(x.values[image * points..<(image + 1) * points])
        let product = rows.map { dotted($0, values) }
        expected += 0.15 * dotted(product, product)
        for point in 0..<points {
          let slope = 0.3 * dotted(rows.map { $0[point] }, product)
          // One rounding of the sum in the vector's precision.
          let found = gradient[image * points + point] - before[image * points + point]
          #expect(abs(found - slope) < 16 * precision.epsilon)
        }
      }
      #expect(abs(energy - expected) < 1e-12)
      #expect(accumulateGridRoughness(x.vector, rows: shape.0, columns: shape.1, type, strength: 0.3, addingTo: nil) == energy)
    }
  }
}
