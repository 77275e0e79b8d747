import LinearAlgebra
import Testing
import Training

/// (H + γI)·P⁻¹x = x, where the regularizers' own products give the Hessian H.
@Test(arguments: [testLayout, unevenLayout] + mixedLayouts) func thePreconditionerInvertsTheRegularizersHessian(layout: ParameterLayout) throws {
  let (smoothness, decay, shift) = (0.8, 0.3, 0.05)
  let start = try Numbers(normal: 26, seed: 6)
  let solved = try Numbers(start.values)
  try SmoothnessPreconditioner(layout, smoothness: smoothness, weightDecay: decay).apply(solved.vector, shift: shift)
  let back = try Numbers(solved.values.map { shift * $0 })
  Smoothness(strength: smoothness).accumulateCurvature(solved.vector, at: start.vector, layout: layout, addingTo: back.vector)
  WeightDecay(strength: decay).accumulateCurvature(solved.vector, at: start.vector, layout: layout, addingTo: back.vector)
  // Rounding errors of terms that are up to 3α/(0.1·γ) times the result.
  for (found, value) in zip(back.values, start.values) { #expect(abs(found - value) < 1e-12) }
  #expect(solved.values != start.values)
}
