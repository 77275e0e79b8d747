import LinearAlgebra
import Settings

/// Noise that is added to the state in every layer: y₊ = Φ(y) + c√h ξ. Each number of ξ has variance 1 and is normal, or uniform in [−√3, √3].
///
/// Source: Lu et al. 2018, §3. In the limit of many layers this is dX = f dt + c dB for either distribution. Here the field becomes f + cξ/√h. For Euler and linear_multistep this gives the formula above. For Verlet,
/// positions and momenta each have their own noise; for leapfrog the noise is an acceleration.
package struct AdditiveNoise: LayerNoise {
  package enum Kind: Sendable { case gaussian, uniform }

  private let kind: Kind
  private let scale: Double
  private let grid: TimeGrid

  /// - Parameter scale: c ≥ 0, the standard deviation of the noise over one unit of time.
  package init(_ kind: Kind, scale: Double, grid: TimeGrid) {
    self.kind = kind
    self.scale = scale
    self.grid = grid
  }

  init(_ kind: Kind, _ options: OptionValues, _ grid: TimeGrid) throws(Failure) { self.init(kind, scale: try options.real("noise_scale"), grid: grid) }

  static let options = [
    OptionDescription("noise_scale", .real(0...1e6), default: .real(0.1), unit: "1/√time", "standard deviation that the noise adds to each number of the state over one unit of time")
  ]

  package var action: NoiseAction { .adds }
  package func isSilent(layer: Int) -> Bool { scale == 0 }

  package func draw(_ draws: LayerDraws, into numbers: Block) {
    let deviation = scale / grid.stepSize(draws.layer).squareRoot()
    switch kind {
    case .gaussian: drawNormal(draws, deviation: deviation, into: numbers)
    case .uniform: drawUniform(draws, low: -3.0.squareRoot() * deviation, high: 3.0.squareRoot() * deviation, into: numbers)
    }
  }
}
