import LinearAlgebra
import Testing
import Training

@Test func weightDecayIsHalfTheSquaresOfTheWeightsAlone() throws {
  let theta = try Numbers((0..<26).map(Double.init))
  let gradient = try Numbers([Double](repeating: 0, count: 26))
  let energy = WeightDecay(strength: 0.5).accumulate(theta.vector, layout: testLayout, addingTo: gradient.vector)
  // Σ_{0}^{11} i² = 506 and Σ_{18}^{23} i² = 2539, times ½·0.5; all are integers, so the result is exact.
  #expect(energy == 0.25 * (506 + 2539))
  let expected: [Double] = (0..<26).map { (i: Int) -> Double in (12..<18).contains(i) || i >= 24 ? 0.0 : 0.5 * Double(i) }
  #expect(gradient.values == expected)
}
