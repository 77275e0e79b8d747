import LinearAlgebra
import Settings

/// Bounds the gradient of a first-order method: first each number is clipped to [−clip_value, clip_value]; then, if ‖g‖₂ > clip_norm, the gradient becomes g·clip_norm/‖g‖₂.
///
/// Source: Pascanu, Mikolov & Bengio 2013, algorithm 1, for the norm. The gradient is that of the whole objective, including regularizers.
package struct GradientClipping: Sendable {
  package static let options = [
    OptionDescription(
      "clip_norm", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
      "largest norm of the gradient over all parameters; a longer gradient is scaled down to it; 0: no limit"),
    OptionDescription(
      "clip_value", .real(0...Double.greatestFiniteMagnitude), default: .real(0), unit: "1",
      "largest magnitude of a number in the gradient; larger numbers are cut to it, before clip_norm is applied; 0: no limit"),
  ]

  package let norm: Double
  package let value: Double

  package init(_ values: OptionValues) throws(Failure) {
    norm = try values.real("clip_norm")
    value = try values.real("clip_value")
  }

  /// Clips in place; the same bits for any number of threads.
  package func apply(to gradient: Vector) {
    if value > 0 { clip(gradient, to: value) }
    guard norm > 0 else { return }
    let length = sumOfSquares(gradient).squareRoot()
    if length > norm { scale(norm / length, gradient) }
  }
}
