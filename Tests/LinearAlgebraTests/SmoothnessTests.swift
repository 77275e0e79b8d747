import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct SmoothnessTests {
    /// Energy ½·factor·Σ‖θ_j − θ_{j−1}‖² and its gradient, one-sided at the ends.
    @Test(arguments: Precision.allCases)
    func agreesWithTheFormula(_ precision: Precision) throws {
      let (layers, size, factor) = (5, 21, 0.7)
      for level in levels {
        let (theta, gradient) = (try Numbers(layers * size, precision, seed: 1), try Numbers(layers * size, precision, seed: 2))
        let before = gradient.values
        let energy = withInstructionSet(level) { accumulateSmoothness(theta.vector, layers: layers, size: size, factor: factor, addingTo: gradient.vector) }
        var expected = 0.0
        for j in 0..<layers {
          for i in 0..<size {
            let down = j > 0 ? theta[j * size + i] - theta[(j - 1) * size + i] : 0
            let up = j < layers - 1 ? theta[(j + 1) * size + i] - theta[j * size + i] : 0
            expected += 0.5 * factor * down * down
            #expect(abs(gradient[j * size + i] - before[j * size + i] - factor * (down - up)) < 16 * precision.epsilon)
          }
        }
        #expect(abs(energy - expected) < 1e-12)
      }
    }

    @Test func oneLayerIsSmooth() throws {
      let theta = try Numbers(4, .float64)
      #expect(accumulateSmoothness(theta.vector, layers: 1, size: 4, factor: 1, addingTo: nil) == 0)
    }
  }
}
