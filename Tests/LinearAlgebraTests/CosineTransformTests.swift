import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct CosineTransformTests {
  @Test(arguments: [1, 2, 3, 4, 5, 8, 9, 16, 31, 60]) func equalsTheSumAndItsTranspose(_ n: Int) throws {
    let x = try SampleNumbers.normal(n, .float64, seed: 1)
    let start = x.values
    let workspace = try SampleNumbers(cosineWorkspaceCount(n), .float64)
    let basis = (0..<n).map { k -> [Double] in
      let factor: Double = ((k == 0 ? 1.0 : 2.0) / Double(n)).squareRoot()
      return (0..<n).map { j -> Double in
        // The angle is reduced by whole turns, so that it is small.
        let angle: Double = Double.pi * Double(k * (2 * j + 1) % (4 * n)) / Double(2 * n)
        return factor * cos(angle)
      }
    }
    cosineTransform(x.vector, workspace: workspace.vector)
    #expect(largestDifference(x.values, basis.map { inner($0, start) }) < 1e-14)
    for (index, value) in start.enumerated() { x[index] = value }
    cosineTransform(x.vector, isInverse: true, workspace: workspace.vector)
    #expect(largestDifference(x.values, plainTranspose(basis).map { inner($0, start) }) < 1e-14)
    cosineTransform(x.vector, workspace: workspace.vector)
    #expect(largestDifference(x.values, start) < 1e-14)
  }
}
