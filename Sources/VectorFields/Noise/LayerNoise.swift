import LinearAlgebra

/// Noise in the layers of a block during training: random numbers by which the field of a layer is multiplied, or which are added to it (Theory.md §5.7).
///
///     f ↦ m⊙f   or   f ↦ f + ξ,   E m = 1 and E ξ = 0 unless a noise says otherwise
///
/// Every scheme adds multiples of the field to what it already has. With the noise, Euler's method is y₊ = y + h m f(y), linear_multistep is (1 − k)y + k y₋ + h m f(y), and reversible schemes stay reversible. A scheme
/// that evaluates its field several times in a layer uses the same numbers each time, so that m acts as a random step size. Source: Lu et al. 2018, §3.
package protocol LayerNoise: Sendable {
  var action: NoiseAction { get }
  /// The factor by which evaluation, which draws nothing, multiplies the field; 1 for noise that is added.
  func mean(layer: Int) -> Double
  /// Whether a layer has no noise at all.
  func isSilent(layer: Int) -> Bool
  /// Draws the numbers of layer `draws.layer`: one row, or as many rows as the component of the field has.
  func draw(_ draws: LayerDraws, into numbers: Block)
}

/// How noise acts on the value of a field.
package enum NoiseAction: Sendable {
  /// One factor per sample, the same for all rows, components and fields of a layer.
  case scalesSamples
  /// One factor for each number.
  case scalesNumbers
  /// A random number is added to each number.
  case adds
}

extension LayerNoise {
  package func mean(layer: Int) -> Double { 1 }
  package func isSilent(layer: Int) -> Bool { false }
}
