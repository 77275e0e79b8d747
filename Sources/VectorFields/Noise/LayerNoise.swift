import LinearAlgebra

/// Noise in the layers of a block while it trains: random numbers that the field of a layer is multiplied by, or that are added to it (Theory.md §5.7).
///
///     f ↦ m⊙f   or   f ↦ f + ξ,   E m = 1 and E ξ = 0 unless a noise says otherwise
///
/// Since every scheme adds multiples of the field to what it already has, this is y₊ = y + h m f(y) for Euler, (1 − k)y + k y₋ + h m f(y) for linear_multistep, and a reversible scheme stays
/// reversible; a scheme that evaluates its field more than once a layer uses the same numbers each time, so that m is a random step size. Source: Lu et al. 2018, §3.
package protocol LayerNoise: Sendable {
  var action: NoiseAction { get }
  /// The factor that evaluation, which draws nothing, multiplies the field by; 1 for noise that adds.
  func mean(layer: Int) -> Double
  /// Whether a layer has no noise at all.
  func isSilent(layer: Int) -> Bool
  /// The numbers of layer `draws.layer`: one row, or as many as the field's component has.
  func draw(_ draws: LayerDraws, into numbers: Block)
}

/// How noise acts on the value of a field.
package enum NoiseAction: Sendable {
  /// One factor a sample: the same for all rows, components and fields of a layer.
  case scalesSamples
  /// One factor a number.
  case scalesNumbers
  /// A number added to each.
  case adds
}

extension LayerNoise {
  package func mean(layer: Int) -> Double { 1 }
  package func isSilent(layer: Int) -> Bool { false }
}
