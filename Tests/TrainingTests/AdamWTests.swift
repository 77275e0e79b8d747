import LinearAlgebra
import Settings
import Testing
import Training

@Test(arguments: Precision.allCases, [0.0, 0.5])
func tenStepsOfAdamWFollowItsFormulas(precision: Precision, decay: Double) throws {
  let result = try tenSteps(of: try AdamW(try options(["optimizer": .text("adamw")])), rate: 0.1, decay: decay, precision)
  let expected = adamReference(testStart, steps: 10, rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupledDecay: decay)
  expectClose(result, expected, precision)
}
