import Foundation
import LinearAlgebra
import Settings
import Testing
import Training

/// The documented algorithms of torch.optim.Adam and AdamW, in plain Double.
func adamReference(_ start: [Double], steps: Int, rate: Double, beta1: Double, beta2: Double, epsilon: Double, decoupledDecay: Double) -> [Double] {
  var theta = start
  var first = [Double](repeating: 0, count: start.count)
  var second = first
  for step in 1...steps {
    for i in theta.indices {
      let gradient = testGradient(theta[i], i)
      theta[i] -= rate * decoupledDecay * theta[i]
      first[i] = beta1 * first[i] + (1 - beta1) * gradient
      second[i] = beta2 * second[i] + (1 - beta2) * gradient * gradient
      let unbiasedFirst = first[i] / (1 - pow(beta1, Double(step)))
      let unbiasedSecond = second[i] / (1 - pow(beta2, Double(step)))
      theta[i] -= rate * unbiasedFirst / (unbiasedSecond.squareRoot() + epsilon)
    }
  }
  return theta
}

@Test(arguments: Precision.allCases, [(0.9, 0.999, 1e-8), (0.5, 0.9, 1e-3)])
func tenStepsOfAdamFollowItsFormulas(precision: Precision, variant: (beta1: Double, beta2: Double, epsilon: Double)) throws {
  let values = try options(["beta1": .real(variant.beta1), "beta2": .real(variant.beta2), "epsilon": .real(variant.epsilon)])
  let result = try tenSteps(of: try Adam(values), rate: 0.1, decay: 0.3, precision)
  // Adam leaves decay to the objective: a weight decay of 0.3 changes nothing.
  let expected = adamReference(
    testStart, steps: 10, rate: 0.1, beta1: variant.beta1, beta2: variant.beta2, epsilon: variant.epsilon, decoupledDecay: 0)
  expectClose(result, expected, precision)
}
