import LinearAlgebra
import Settings
import Testing
import Training

/// The documented algorithm of torch.optim.SGD, in plain Double.
private func reference(_ start: [Double], steps: Int, rate: Double, momentum: Double, nesterov: Bool) -> [Double] {
  var theta = start
  var velocity = [Double](repeating: 0, count: start.count)
  for _ in 0..<steps {
    for i in theta.indices {
      let gradient = testGradient(theta[i], i)
      velocity[i] = momentum * velocity[i] + gradient
      theta[i] -= rate * (nesterov ? gradient + momentum * velocity[i] : velocity[i])
    }
  }
  return theta
}

@Test(arguments: Precision.allCases, [(0.0, 0), (0.9, 0), (0.9, 1)])
func tenStepsOfGradientDescentFollowItsFormulas(precision: Precision, variant: (momentum: Double, nesterov: Int)) throws {
  let values = try options(["optimizer": .text("sgd"), "momentum": .real(variant.momentum), "nesterov": .integer(Int64(variant.nesterov))])
  let method = try StochasticGradientDescent(values)
  let result = try tenSteps(of: method, rate: 0.05, decay: 0, precision)
  let expected = reference(testStart, steps: 10, rate: 0.05, momentum: variant.momentum, nesterov: variant.nesterov == 1)
  expectClose(result, expected, precision)
}

@Test func nesterovWithoutMomentumIsRefused() throws {
  let values = try options(["optimizer": .text("sgd"), "nesterov": .integer(1)])
  let found = failure { _ = try StochasticGradientDescent(values) }
  #expect(found == Failure(.invalidArgument, "nesterov is 1 but momentum is 0.0; Nesterov's method needs momentum > 0"))
}
