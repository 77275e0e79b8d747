import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct MatrixExponentialTests {
  private func run(_ x: [[Double]], _ e: [[Double]]? = nil) throws -> (value: [[Double]], derivative: [[Double]]?) {
    let n = x.count
    let memory = try SmallMemory(matrices: MatrixExponential.matrices(withDerivative: e != nil), size: n)
    let matrices = SquareMatrices(memory.base, size: n)
    assign(1, try SampleNumbers(x.flatMap { $0 }, .float64).matrix(rows: n, columns: n), into: matrices[0])
    if let e { assign(1, try SampleNumbers(e.flatMap { $0 }, .float64).matrix(rows: n, columns: n), into: matrices[1]) }
    let result = MatrixExponential(matrices, withDerivative: e != nil).run()
    return withExtendedLifetime(memory) { (result.value.rowsOfNumbers, result.derivative?.rowsOfNumbers) }
  }

  /// The series Σ Xᵏ/k!, for norms without cancellation.
  private func series(_ x: [[Double]]) -> [[Double]] {
    var (sum, term) = (plainIdentity(x.count), plainIdentity(x.count))
    for k in 1...60 {
      term = plainProduct(term, x).map { $0.map { $0 / Double(k) } }
      sum = zip(sum, term).map { zip($0, $1).map { $0 + $1 } }
    }
    return sum
  }

  /// The norms cover each degree of the approximant, and squarings.
  @Test(arguments: [1e-3, 0.01, 0.1, 0.25, 0.5, 0.9, 1, 2, 4]) func equalsTheSeries(_ norm: Double) throws {
    let random = try SampleNumbers.normal(36, .float64, seed: 4).rows(of: 6)
    let scale = norm / (0..<6).map { j in random.reduce(0) { $0 + abs($1[j]) } }.reduce(0, max)
    let x = random.map { $0.map { scale * $0 } }
    // A few rounding errors, doubled by each squaring.
    #expect(largestDifference(try run(x).value.flatMap { $0 }, series(x).flatMap { $0 }) < 1e-14 * max(1, norm))
  }

  /// exp of t times the generator of a plane's rotation: cosine and sine.
  @Test(arguments: [0.001, 0.3, 3, 300]) func rotatesThePlane(_ t: Double) throws {
    let value = try run([[0, -t], [t, 0]]).value
    // The rounding error of the angle, and a doubling of errors by each squaring.
    #expect(largestDifference(value.flatMap { $0 }, [cos(t), -sin(t), sin(t), cos(t)]) < 1e-15 * (4 + 4 * t))
  }

  /// exp of [[X, E], [0, X]] has the derivative as its upper right block (Higham 2008, "Functions of matrices", eq. 3.16).
  @Test(arguments: [0.01, 0.2, 0.7, 5]) func derivativeIsABlockOfALargerExponential(_ size: Double) throws {
    let n = 4
    let x = try SampleNumbers.normal(n * n, .float64, seed: 5, deviation: size / 2).rows(of: n)
    let e = try SampleNumbers.normal(n * n, .float64, seed: 6).rows(of: n)
    let large = zip(x, e).map { $0 + $1 } + x.map { Array(repeating: 0, count: n) + $0 }
    let expected = try run(large).value[0..<n].map { Array($0[n...]) }
    let result = try run(x, e)
    let largest = expected.flatMap { $0 }.map(abs).reduce(1, max)
    let difference = zip(try #require(result.derivative).flatMap { $0 }, expected.flatMap { $0 }).map { abs($0 - $1) }.reduce(0, max)
    #expect(difference < 1e-13 * largest * max(1, size))
    #expect(largestDifference(result.value.flatMap { $0 }, try run(x).value.flatMap { $0 }) < 1e-15)
  }

  @Test func numbersThatAreNotFiniteStayVisible() throws {
    #expect(try run([[.nan, 0], [0, 1]]).value[0][0].isNaN)
    #expect(try run([[.infinity, 0], [0, 1]]).value.flatMap { $0 }.contains { !$0.isFinite })
  }
}
