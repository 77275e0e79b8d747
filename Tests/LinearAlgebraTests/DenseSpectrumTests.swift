import Foundation
import LinearAlgebra
import Testing

@Suite struct DenseSpectrumTests {
  private func isClose(_ a: [ComplexNumber]?, _ b: [ComplexNumber], _ tolerance: Double = 1e-13) -> Bool {
    guard let a, a.count == b.count else { return false }
    return zip(a, b).allSatisfy { ($0 - $1).magnitude <= tolerance }
  }

  @Test func eigenvaluesOfKnownMatrices() {
    // λ² + 3λ + 2; a rotation by a quarter; a triangle, whose eigenvalues balancing isolates.
    #expect(isClose(DenseSpectrum.eigenvalues([0, 1, -2, -3], order: 2), [ComplexNumber(-1), ComplexNumber(-2)]))
    #expect(isClose(DenseSpectrum.eigenvalues([0, -2, 2, 0], order: 2), [ComplexNumber(0, 2), ComplexNumber(0, -2)]))
    #expect(isClose(DenseSpectrum.eigenvalues([1, 5, 7, 0, 3, 9, 0, 0, -4], order: 3), [ComplexNumber(3), ComplexNumber(1), ComplexNumber(-4)]))
    #expect(DenseSpectrum.eigenvalues([], order: 0) == [])
    // K of Theory.md §6.12: Re λ = −½, but times diag(1, 0.1) the trace is 0.8.
    #expect(isClose(DenseSpectrum.eigenvalues([1, -3, 1, -2], order: 2), [ComplexNumber(-0.5, 0.75.squareRoot()), ComplexNumber(-0.5, -0.75.squareRoot())]))
  }

  /// The eigenvalues of the periodic shift of n places are the n-th roots of unity.
  @Test(arguments: [3, 40, 160]) func eigenvaluesOfAShift(_ n: Int) throws {
    var shift = Array(repeating: 0.0, count: n * n)
    for i in 0..<n { shift[i * n + (i + 1) % n] = 1 }
    let found = try #require(DenseSpectrum.eigenvalues(shift, order: n))
    #expect(found.allSatisfy { abs($0.magnitude - 1) < 1e-12 })
    #expect(abs(found[0].real - 1) < 1e-12 && abs(found.reduce(0) { $0 + $1.real }) < 1e-10)
  }

  @Test func symmetricEigenvaluesAscend() throws {
    let found = try #require(DenseSpectrum.symmetricEigenvalues([2, 1, 0, 1, 2, 1, 0, 1, 2], order: 3))
    for (value, expected) in zip(found, [2 - 2.0.squareRoot(), 2, 2 + 2.0.squareRoot()]) { #expect(abs(value - expected) < 1e-14) }
    let same = try #require(DenseSpectrum.tridiagonalEigenvalues(diagonal: [2, 2, 2], beside: [1, 1]))
    for (value, expected) in zip(same, found) { #expect(abs(value - expected) < 1e-14) }
  }

  /// A = [[3, 1], [0, 2]]: σ² = 7 ± √13. Small singular values keep their relative accuracy.
  @Test func bidiagonalSingularValuesDescend() throws {
    let found = try #require(DenseSpectrum.bidiagonalSingularValues(diagonal: [3, 2], above: [1]))
    #expect(abs(found[0] - (7 + 13.0.squareRoot()).squareRoot()) < 1e-14 && abs(found[1] - (7 - 13.0.squareRoot()).squareRoot()) < 1e-14)
    let small = try #require(DenseSpectrum.bidiagonalSingularValues(diagonal: [1, 1e-30], above: [0]))
    #expect(abs(small[1] / 1e-30 - 1) < 1e-14)
  }
}
