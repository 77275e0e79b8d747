import LinearAlgebra
import Settings

/// Dropout on what a layer adds: each number of f is 0 with probability q and divided by 1 − q otherwise.
///
/// Sources: Srivastava et al. 2014, with inverted scaling; Lu et al. 2018, §3 (on the residual). Mean 1, second moment 1/(1 − q).
package struct Dropout: LayerNoise {
  private let rate: Double

  /// - Parameter rate: q in [0, 1).
  package init(rate: Double) { self.rate = rate }

  init(_ options: OptionValues, _ grid: TimeGrid) throws(Failure) {
    self.init(rate: try options.real("dropout_rate"))
    guard rate < 1 else { throw Failure(.outOfRange, "dropout_rate is \(rate); it must be < 1, or nothing would be left") }
  }

  static let options = [OptionDescription("dropout_rate", .real(0...1), default: .real(0.1), unit: "1", "probability with which each number that a layer adds to the state is dropped; less than 1")]

  package var action: NoiseAction { .scalesNumbers }
  package func isSilent(layer: Int) -> Bool { rate == 0 }
  package func draw(_ draws: LayerDraws, into numbers: Block) { drawMask(draws, probability: 1 - rate, value: 1 / (1 - rate), into: numbers) }
}
