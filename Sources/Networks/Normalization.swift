import LinearAlgebra
import Settings

/// A standardization of the inputs, x' = (x − shift)·scale feature by feature, kept with the model so that a caller passes raw features.
package final class Normalization: Sendable {
  private let buffer: Buffer
  package let shift: Vector
  package let scale: Vector

  /// - Parameters: shift, scale: one number a feature.
  /// - Throws: `.notFinite` when a number is not finite, `.memory`.
  package init(shift: TensorView, scale: TensorView, inputs: Int, precision: Precision) throws(Failure) {
    for (name, view) in [("shift", shift), ("scale", scale)] {
      if let place = firstNonFinite(view) { throw Failure(.notFinite, "\(name) of the normalization is not finite at feature \(max(place.row, place.column))") }
    }
    buffer = try Buffer(byteCount: 2 * inputs * precision.byteCount)
    self.shift = buffer.vector(count: inputs, precision: precision)
    self.scale = buffer.vector(count: inputs, precision: precision, offset: inputs * precision.byteCount)
    convert(shift, into: self.shift)
    convert(scale, into: self.scale)
  }
}
