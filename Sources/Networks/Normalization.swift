import LinearAlgebra
import Settings

/// A standardization of the inputs, x' = (x − shift)·scale feature by feature, kept with the model so that a caller passes raw features.
package final class Normalization: Sendable {
  private let buffer: Buffer
  package let shift: Vector
  package let scale: Vector

  /// - Parameters: shift, scale: one number a feature.
  /// - Throws: `.shapeMismatch` when there are not `inputs` numbers; `.notFinite` when a number is not finite or too large for the precision; `.memory`.
  package init(shift: TensorView, scale: TensorView, inputs: Int, precision: Precision) throws(Failure) {
    for (name, view) in [("shift", shift), ("scale", scale)] {
      guard view.rows * view.columns == inputs else {
        throw Failure(.shapeMismatch, "\(name) of the normalization has \(view.rows * view.columns) numbers; the network has \(inputs) inputs")
      }
      if let place = firstNonFinite(view) { throw Failure(.notFinite, "\(name) of the normalization is not finite at feature \(max(place.row, place.column))") }
    }
    buffer = try Buffer(byteCount: 2 * inputs * precision.byteCount)
    self.shift = buffer.vector(count: inputs, precision: precision)
    self.scale = buffer.vector(count: inputs, precision: precision, offset: inputs * precision.byteCount)
    convert(shift, into: self.shift)
    convert(scale, into: self.scale)
    for (name, values) in [("shift", self.shift), ("scale", self.scale)] where !allFinite(values) {
      throw Failure(.notFinite, "\(name) of the normalization holds a number too large for \(precision.name)")
    }
  }

  /// The largest |shift| and |scale|.
  var largestShift: Double { largestMagnitude(Block(shift.base, rows: 1, columns: shift.count, precision: shift.precision)) }
  var largestScale: Double { largestMagnitude(Block(scale.base, rows: 1, columns: scale.count, precision: scale.precision)) }

  /// Leaves the times and masks of sequences as they are; before anybody else sees this object.
  func exempt(_ format: SequenceFormat) {
    for step in 0..<format.steps {
      for range in format.exempt(step) {
        fill(shift[range], 0)
        fill(scale[range], 1)
      }
    }
  }
}
