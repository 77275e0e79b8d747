import LinearAlgebra
import Settings

/// Noise added to the state of every layer: y₊ = Φ(y) + c√h ξ, with ξ normal, or uniform in [−√3, √3], of variance 1 in each number.
///
/// Source: Lu et al. 2018, §3: dX = f dt + c dB in the limit of many layers, for either ξ. Here it is f + cξ/√h: for Euler and linear_multistep this is the formula above, for Verlet positions and
/// momenta each have their noise, for leapfrog it is an acceleration.
package struct AdditiveNoise: LayerNoise {
  package enum Kind: Sendable { case gaussian, uniform }

  private let kind: Kind
  private let scale: Double
  private let grid: TimeGrid

  /// - Parameter scale: c ≥ 0, the standard deviation that a unit of time adds.
  package init(_ kind: Kind, scale: Double, grid: TimeGrid) {
    self.kind = kind
    self.scale = scale
    self.grid = grid
  }

  init(_ kind: Kind, _ options: OptionValues, _ grid: TimeGrid) throws(Failure) { self.init(kind, scale: try options.real("noise_scale"), grid: grid) }

  static let options = [
    OptionDescription("noise_scale", .real(0...1e6), default: .real(0.1), unit: "1/√time", "standard deviation that the noise of a unit of time adds to each number of the state")
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
