import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct FourierTransformTests {
  /// X_k = Σ_j x_j e^{−2πi jk/n}, term by term.
  private func plain(_ re: [Double], _ im: [Double]) -> (re: [Double], im: [Double]) {
    let n = re.count
    var result = (re: [Double](), im: [Double]())
    for k in 0..<n {
      var (a, b) = (0.0, 0.0)
      for j in 0..<n {
        let angle = -2 * Double.pi * Double(j * k % n) / Double(n)
        a += re[j] * cos(angle) - im[j] * sin(angle)
        b += re[j] * sin(angle) + im[j] * cos(angle)
      }
      result.re.append(a)
      result.im.append(b)
    }
    return result
  }

  /// Powers of two, primes, their products.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 30, 49, 64, 97, 100, 210]) func equalsTheSum(_ n: Int) throws {
    let (re, im) = (try SampleNumbers.normal(n, .float64, seed: 1), try SampleNumbers.normal(n, .float64, seed: 2))
    let start = re.values + im.values
    let workspace = try SampleNumbers(fourierWorkspaceCount(n), .float64)
    let expected = plain(re.values, im.values)
    fourierTransform(real: re.vector, imaginary: im.vector, workspace: workspace.vector)
    let size = norm(expected.re + expected.im)
    #expect(norm(zip(re.values + im.values, expected.re + expected.im).map { $0 - $1 }) < 1e-14 * Double(n).squareRoot() * size)
    fourierTransform(real: re.vector, imaginary: im.vector, isInverse: true, workspace: workspace.vector)
    #expect(norm(zip(re.values + im.values, start).map { $0 - $1 }) < 1e-14 * Double(n).squareRoot() * norm(start))
  }
}
