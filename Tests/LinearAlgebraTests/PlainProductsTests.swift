import LinearAlgebra
import TestSupport
import Testing

@Suite struct PlainProductsTests {
  private static func matrix() throws -> Matrix { try Numbers([1, 2, 0, -1, 3, 4], .float32).matrix(rows: 2, columns: 3) }

  @Test func productsAndTheirTransposes() throws {
    let products = try PlainProducts(try Self.matrix())
    #expect(products.apply([1, 1, 2]) == [3, 10] && products.applyTransposed([2, 1]) == [1, 7, 4])
    let square = try PlainProducts(try Numbers([1, 2, 4, 3], .float64).matrix(rows: 2, columns: 2), isAntisymmetric: true)
    #expect(square.apply([1, 0]) == [0, 1] && square.apply([0, 1]) == [-1, 0])
  }

  @Test func theStretchedVectorComesNearTheNorm() throws {
    let w = try Numbers([3, 0, 0, 1], .float64)
    let v = try PlainProducts(w.matrix(rows: 2, columns: 2)).stretched()
    #expect(abs(abs(v[0]) - 1) < 1e-12 && abs(v[1]) < 1e-6)
    #expect(try PlainProducts(try Numbers([0, 0, 0, 0], .float64).matrix(rows: 2, columns: 2)).stretched().count == 2)
  }

  @Test func leastSquares() throws {
    let products = try PlainProducts(try Self.matrix())
    let x = try products.leastSquares([1, -2])
    #expect(zip(products.apply(x), [1, -2]).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test func activations() throws { #expect(try activated(.relu, [-1, 2]) == [0, 2]) }
}
