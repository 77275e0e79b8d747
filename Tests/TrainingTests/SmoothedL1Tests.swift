import LinearAlgebra
import Settings
import Testing
import Training

/// √(θ² + ε²) − ε with ε = 3: for θ = 4 it is 2 with slope 4/5, for θ = −4 it is 2 with slope −4/5. Biases do not count.
@Test func smoothedL1IsRoundedAtZero() throws {
  var values = [Double](repeating: 0, count: 26)
  (values[0], values[20], values[15]) = (4, -4, 100)
  let (theta, gradient) = (try Numbers(values), try Numbers([Double](repeating: 0, count: 26)))
  let term = SmoothedL1(strength: 0.5, epsilon: 3)
  #expect(abs(term.accumulate(theta.vector, layout: testLayout, addingTo: gradient.vector) - 0.5 * 4) < 1e-15)
  #expect(abs(gradient.values[0] - 0.4) < 1e-15 && abs(gradient.values[20] + 0.4) < 1e-15 && gradient.values[15] == 0)
  // Far from zero it is the absolute value minus ε.
  #expect(abs(SmoothedL1(strength: 1, epsilon: 1e-6).accumulate(theta.vector, layout: testLayout, addingTo: nil) - 8 + 24e-6) < 24e-6)
}

@Test func smoothedL1ReadsItsCorner() throws {
  #expect(try SmoothedL1(strength: 1, options(of: SmoothedL1.self, ["l1_epsilon": .real(0.25)])).epsilon == 0.25)
  #expect(failure { _ = try options(of: SmoothedL1.self, ["l1_epsilon": .real(0)]) }?.status == .outOfRange)
}
