import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct ParameterUpdatesTests {
    /// Three steps of each rule agree with PyTorch's formulas in Double. There are 37 numbers, so that both whole vectors and the remainder are updated.
    @Test(arguments: Precision.allCases, [false, true])
    func sgdFollowsItsFormula(_ precision: Precision, _ nesterov: Bool) throws {
      for level in levels {
        let (theta, velocity) = (try Numbers(37, precision, seed: 1), try Numbers(37, precision))
        fill(velocity.vector, 0)
        var (t, v) = (theta.values, [Double](repeating: 0, count: 37))
        for step in 0..<3 {
          let gradient = try Numbers(37, precision, seed: UInt64(10 + step))
          withInstructionSet(level) {
            sgdStep(theta.vector, gradient: gradient.vector, velocity: velocity.vector, rate: 0.1, momentum: 0.9, nesterov: nesterov, weightDecay: 0.01)
          }
          for i in 0..<37 {
            let d = gradient[i] + 0.01 * t[i]
            v[i] = 0.9 * v[i] + d
            t[i] -= 0.1 * (nesterov ? d + 0.9 * v[i] : v[i])
          }
        }
        for i in 0..<37 { #expect(abs(theta[i] - t[i]) < 16 * precision.epsilon && abs(velocity[i] - v[i]) < 16 * precision.epsilon) }
      }
    }

    @Test func plainDescentNeedsNoVelocity() throws {
      let (theta, gradient) = (try Numbers(5, .float64, seed: 1), try Numbers(5, .float64, seed: 2))
      let before = theta.values
      sgdStep(theta.vector, gradient: gradient.vector, velocity: nil, rate: 0.5, momentum: 0.9, nesterov: false, weightDecay: 0)
      #expect((0..<5).allSatisfy { abs(theta[$0] - (before[$0] - 0.5 * gradient[$0])) < 1e-15 })
    }

    @Test(arguments: Precision.allCases, [0, 0.1])
    func adamFollowsItsFormula(_ precision: Precision, _ decoupled: Double) throws {
      for level in levels {
        let theta = try Numbers(37, precision, seed: 1)
        let (first, second) = (try Numbers(37, precision), try Numbers(37, precision))
        fill(first.vector, 0)
        fill(second.vector, 0)
        let zero = [Double](repeating: 0, count: 37)
        var (t, m, v) = (theta.values, zero, zero)
        var (c1, c2) = (1.0, 1.0)
        for step in 0..<3 {
          c1 *= 0.9
          c2 *= 0.999
          let gradient = try Numbers(37, precision, seed: UInt64(10 + step))
          withInstructionSet(level) {
            adamStep(
              theta.vector, gradient: gradient.vector, first: first.vector, second: second.vector, rate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, correction1: 1 - c1,
              correction2: 1 - c2, weightDecay: decoupled == 0 ? 0.02 : 0, decoupledDecay: decoupled)
          }
          for i in 0..<37 {
            t[i] *= 1 - 0.05 * decoupled
            let d = gradient[i] + (decoupled == 0 ? 0.02 : 0) * t[i]
            m[i] = 0.9 * m[i] + 0.1 * d
            v[i] = 0.999 * v[i] + 0.001 * d * d
            t[i] -= 0.05 * (m[i] / (1 - c1)) / ((v[i] / (1 - c2)).squareRoot() + 1e-8)
          }
        }
        // The step has size 0.05 for any size of the gradient. Its relative error is a few rounding errors, and more if the gradient is small.
        for i in 0..<37 { #expect(abs(theta[i] - t[i]) < 64 * precision.epsilon, "\(level.name)") }
      }
    }
  }
}
