import Foundation
import LinearAlgebra
import Stability
import TestSupport
import Testing

@Suite struct GolubKahanTests {
  /// The singular values of a matrix of rows × columns by the iteration.
  private func values(_ matrix: [Double], rows: Int, columns: Int, steps: Int = 64) throws -> [Double] {
    let kahan = try GolubKahan(width: max(rows, columns), steps: steps)
    func product(_ x: Block, _ out: Block, _ n: Int, _ m: Int, _ entry: (Int, Int) -> Double) {
      let (given, made) = (Vector(x.base, count: m, precision: .float64), Vector(out.base, count: n, precision: .float64))
      for i in 0..<n { made.store((0..<m).reduce(0) { $0 + entry(i, $1) * given.load($1) }, at: i) }
    }
    return try kahan.singularValues(
      rows: rows, columns: columns, multiply: { v, out in product(v, out, rows, columns) { matrix[$0 * columns + $1] } },
      transposed: { u, out in product(u, out, columns, rows) { matrix[$1 * columns + $0] } })
  }

  @Test func diagonalMatrices() throws {
    var matrix = Array(repeating: 0.0, count: 25)
    let given = [3.0, 1e-3, 7, 0.5, 2]
    for (i, value) in given.enumerated() { matrix[6 * i] = value }
    for (found, expected) in zip(try values(matrix, rows: 5, columns: 5), [7, 3, 2, 0.5, 1e-3]) { #expect(abs(found - expected) < 1e-14 * 7) }
    let few = try values(matrix, rows: 5, columns: 5, steps: 3)
    #expect(few.count == 3 && few[0] <= 7 + 1e-14)
  }

  /// Equal singular values end the Krylov space after one step, and zeros too: none is missed.
  @Test func repeatedValuesAreFound() throws {
    var matrix = Array(repeating: 0.0, count: 36)
    for i in 0..<6 { matrix[6 * i + (i + 1) % 6] = i < 4 ? 2 : 0 }
    let found = try values(matrix, rows: 6, columns: 6)
    for (value, expected) in zip(found, [2, 2, 2, 2, 0, 0.0]) { #expect(abs(value - expected) < 1e-13) }
  }

  /// Wide and tall matrices have the same singular values as their transposes: [[3, 0, 0], [0, 0, 4]].
  @Test func rectangularMatrices() throws {
    let wide = try values([3, 0, 0, 0, 0, 4], rows: 2, columns: 3)
    let tall = try values([3, 0, 0, 0, 0, 4], rows: 3, columns: 2)
    #expect(abs(wide[0] - 4) < 1e-14 && abs(wide[1] - 3) < 1e-14)
    #expect(abs(tall[0] - 4) < 1e-14 && abs(tall[1] - 3) < 1e-14)
  }
}
