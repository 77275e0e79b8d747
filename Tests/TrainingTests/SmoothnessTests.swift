import LinearAlgebra
import Testing
import Training

/// [HR]: (α/2h) Σ_j‖θ_j − θ_{j−1}‖², computed by hand for α = 0.5 and h = 0.25.
@Test func smoothnessMeasuresTheChangeFromLayerToLayer() throws {
  var values = [Double](repeating: 3, count: 26)
  // One weight changes 3 → 5 → 4 over the layers, and one bias 3 → 3 → 1. Parameters outside blocks do not count.
  (values[5], values[9], values[17]) = (5, 4, 1)
  values[20] = 100
  let theta = try Numbers(values)
  let gradient = try Numbers([Double](repeating: 0, count: 26))
  let energy = Smoothness(strength: 0.5).accumulate(theta.vector, layout: testLayout, addingTo: gradient.vector)
  #expect(energy == 0.5 / (2 * 0.25) * (4 + 1 + 4))
  var expected = [Double](repeating: 0, count: 26)
  // (α/h)(2θ_j − θ_{j−1} − θ_{j+1}), one-sided at the ends.
  (expected[1], expected[5], expected[9]) = (2 * (3 - 5), 2 * (10 - 3 - 4), 2 * (4 - 5))
  (expected[15], expected[17]) = (2 * (3 - 1), 2 * (1 - 3))
  #expect(gradient.values == expected)
}

/// With unequal steps each difference is divided by its own distance: α/2·(2²/0.1 + 1²/0.5) for a weight that changes 3 → 5 → 4.
@Test func smoothnessCountsUnequalDistances() throws {
  var values = [Double](repeating: 3, count: 26)
  (values[5], values[9]) = (5, 4)
  let theta = try Numbers(values)
  let gradient = try Numbers([Double](repeating: 0, count: 26))
  let energy = Smoothness(strength: 0.5).accumulate(theta.vector, layout: unevenLayout, addingTo: gradient.vector)
  #expect(abs(energy - 0.25 * (40 + 2)) < 1e-13)
  #expect(abs(gradient.values[1] + 10) < 1e-13 && abs(gradient.values[5] - 10 - 1) < 1e-13 && abs(gradient.values[9] + 1) < 1e-13)
}
