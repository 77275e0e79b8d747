import LinearAlgebra
import TestSupport
import Testing

@Suite struct DenseSolveTests {
  /// B·A⁻¹·A = B; the first pivot of the permuted matrix is zero, so that rows must be exchanged.
  @Test(arguments: [1, 2, 5, 33]) func quotientTimesDivisorIsTheDividend(_ n: Int) throws {
    let matrices = SquareMatrices(try SmallMemory(matrices: 3, size: n).base, size: n)
    let (a, factors, quotient) = (matrices[0], matrices[1], matrices[2])
    assign(1, try SampleNumbers.normal(n * n, .float64, seed: 2).matrix(rows: n, columns: n), plusIdentity: 0, into: a)
    if n > 1 { Vector(a.base, count: 1, precision: .float64).store(0, at: 0) }
    let b = try SampleNumbers.normal(n * n, .float64, seed: 3).matrix(rows: n, columns: n)
    assign(1, a, into: factors)
    assign(1, b, into: quotient)
    try #require(factorize(factors, matrices))
    divide(quotient, byFactorized: factors, matrices)
    // Rounding errors times the condition number of a random matrix.
    let back = plainProduct(quotient.rowsOfNumbers, a.rowsOfNumbers).flatMap { $0 }
    #expect(largestDifference(back, b.rowsOfNumbers.flatMap { $0 }) < 1e-11)
  }

  @Test func singularMatricesAreRefused() throws {
    let matrices = SquareMatrices(try SmallMemory(matrices: 1, size: 2).base, size: 2)
    assign(1, try SampleNumbers([1, 2, 2, 4], .float64).matrix(rows: 2, columns: 2), into: matrices[0])
    #expect(!factorize(matrices[0], matrices))
  }
}
