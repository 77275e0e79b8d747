import LinearAlgebra
import Testing

@Suite struct GalerkinStencilsTests {
  /// The matrix of a stencil on a grid with zeros around it, rows × columns pixels.
  private func matrix(_ stencil: [Double], _ taps: (Int, Int), _ rows: Int, _ columns: Int) -> [[Double]] {
    var matrix = Array(repeating: Array(repeating: 0.0, count: rows * columns), count: rows * columns)
    for y in 0..<rows {
      for x in 0..<columns {
        for v in 0..<taps.0 {
          for u in 0..<taps.1 {
            let (from, column) = (y + v - taps.0 / 2, x + u - taps.1 / 2)
            if 0..<rows ~= from && 0..<columns ~= column { matrix[y * columns + x][from * columns + column] += stencil[v * taps.1 + u] }
          }
        }
      }
    }
    return matrix
  }

  private func numbers(_ values: [Double]) throws -> Numbers {
    let numbers = try Numbers(values.count, .float64)
    for (index, value) in values.enumerated() { numbers[index] = value }
    return numbers
  }

  /// R K_h P, by matrices, is the restricted stencil on the coarse grid; prolonging gives K_h back.
  @Test(arguments: [(3, 3), (1, 3), (3, 1), (1, 1)], Precision.allCases) func restrictedStencilsAreGalerkinOperators(_ taps: (Int, Int), _ precision: Precision) throws {
    let (rows, columns) = (taps.0 == 1 ? 1 : 6, taps.1 == 1 ? 1 : 4)
    let grid = PixelGrid(channels: 1, height: rows, width: columns)
    let count = taps.0 * taps.1
    let stencils = try Numbers(2 * count, precision, seed: 3)
    let before = stencils.values
    GalerkinStencils.restrict(stencils.vector, rows: taps.0, columns: taps.1)
    let coarseCount = rows * columns / grid.share
    for number in 0..<2 {
      let fine = matrix(Array(before[number * count..<(number + 1) * count]), taps, rows, columns)
      let coarse = matrix(Array(stencils.values[number * count..<(number + 1) * count]), taps, rows == 1 ? 1 : rows / 2, columns == 1 ? 1 : columns / 2)
      for j in 0..<coarseCount {
        let (unit, spread, averages) = (try Numbers(coarseCount, .float64, low: 0, high: 0), try Numbers(rows * columns, .float64), try Numbers(coarseCount, .float64))
        unit[j] = 1
        try grid.spread(unit.vector, by: 1, into: spread.vector)
        let product = try numbers(fine.map { row in zip(row, spread.values).reduce(0) { $0 + $1.0 * $1.1 } })
        try grid.sum(product.vector, by: 1 / Double(grid.share), into: averages.vector)
        for i in 0..<coarseCount { #expect(abs(averages[i] - coarse[i][j]) < 8 * precision.epsilon) }
      }
    }
    GalerkinStencils.prolong(stencils.vector, rows: taps.0, columns: taps.1)
    for (a, b) in zip(stencils.values, before) { #expect(abs(a - b) < 8 * precision.epsilon) }
  }
}
