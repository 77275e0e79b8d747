import Foundation
import LinearAlgebra
import Settings
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

  /// Large matrices are factorized by panels, and their quotients computed in pieces of rows: A·x = b holds to the rounding of Double for random rows.
  @Test func largeMatricesAreFactorizedByPanels() throws {
    let n = 800
    let matrices = SquareMatrices(try SmallMemory(matrices: 3, size: n).base, size: n)
    let (a, factors, quotient) = (matrices[0], matrices[1], matrices[2])
    assign(1, try SampleNumbers.normal(n * n, .float64, seed: 2).matrix(rows: n, columns: n), plusIdentity: 0, into: a)
    Vector(a.base, count: 1, precision: .float64).store(0, at: 0)
    assign(1, a, into: factors)
    assign(1, a, into: quotient)
    try #require(factorize(factors, matrices))
    // A·A⁻¹ = I.
    divide(quotient, byFactorized: factors, matrices)
    let rows = quotient.rowsOfNumbers
    let worst = rows.enumerated().map { i, row in row.enumerated().map { j, value in abs(value - (i == j ? 1 : 0)) }.max() ?? 0 }.max() ?? 1
    #expect(worst < 1e-9)
    // Two equal rows.
    assign(1, a, into: factors)
    assign(1, a.part(0, 0, 1, n), into: factors.part(n - 1, 0, 1, n))
    let isRegular = factorize(factors, matrices)
    divide(quotient, byFactorized: factors, matrices)
    #expect(!isRegular || quotient.rowsOfNumbers.flatMap { $0 }.contains { abs($0) > 1e10 })
  }

  /// A watch that is over ends a factorization before its first panel, and a quotient before its first rows.
  @Test func worksUnderTheWatch() throws {
    let n = 800
    let matrices = SquareMatrices(try SmallMemory(matrices: 1, size: n).base, size: n)
    assign(0, matrices[0], plusIdentity: 2, into: matrices[0])
    let watch = Watch(isCancelled: { true })
    watch.asCurrent { _ = factorize(matrices[0], matrices) }
    #expect(matrices[0].rowsOfNumbers[0][0] == 2 && watch.failure?.status == .cancelled)
  }

  /// Diagonals with exchanged rows: det = −(−2)·3·10⁻³⁰⁰·10⁻³⁰⁰, which underflows as a number.
  @Test func logarithmsOfDeterminants() throws {
    let matrices = SquareMatrices(try SmallMemory(matrices: 1, size: 4).base, size: 4)
    assign(1, try SampleNumbers([0, -2, 0, 0, 3, 0, 0, 0, 0, 0, 1e-300, 0, 0, 0, 0, 1e-300], .float64).matrix(rows: 4, columns: 4), into: matrices[0])
    try #require(factorize(matrices[0], matrices))
    let found = logDeterminant(ofFactorized: matrices[0], matrices)
    #expect(abs(found.logarithm - (Foundation.log(6) - 600 * Foundation.log(10))) < 1e-10 && found.sign == 1)
    assign(-1, try SampleNumbers([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 5], .float64).matrix(rows: 4, columns: 4), plusIdentity: 2, into: matrices[0])
    try #require(factorize(matrices[0], matrices))
    let other = logDeterminant(ofFactorized: matrices[0], matrices)
    #expect(abs(other.logarithm - Foundation.log(3)) < 1e-15 && other.sign == -1)
    assign(0, matrices[0], into: matrices[0])
    #expect(!factorize(matrices[0], matrices) && logDeterminant(ofFactorized: matrices[0], matrices).sign == 0)
  }

  @Test func singularMatricesAreRefused() throws {
    let matrices = SquareMatrices(try SmallMemory(matrices: 1, size: 2).base, size: 2)
    assign(1, try SampleNumbers([1, 2, 2, 4], .float64).matrix(rows: 2, columns: 2), into: matrices[0])
    #expect(!factorize(matrices[0], matrices))
  }
}
