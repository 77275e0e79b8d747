import LinearAlgebra
import Settings

/// A standardization of the inputs, x' = (x − shift)·scale feature by feature, kept with the model so that callers pass raw features.
///
/// It is stored in float64 and applied to the caller's numbers before they are rounded to the network's precision (`FeatureScaling`).
package final class Normalization: Sendable {
  private let buffer: Buffer
  /// float64, one number per feature.
  package let shift: Vector
  package let scale: Vector
  /// `shift` and `scale`, rounded to the network's precision, for features that this precision holds exactly. Used only if the rounded numbers keep all digits of this precision (`isNarrowEnough`).
  private let narrow: (shift: Vector, scale: Vector)
  private let isNarrowEnough: Bool

  /// - Parameters:
  ///   - shift, scale: one number per feature.
  ///   - precision: the network's.
  /// - Throws: `.shapeMismatch` when there are not `inputs` numbers; `.notFinite` when a number is not finite; `.memory`.
  package init(shift: TensorView, scale: TensorView, inputs: Int, precision: Precision) throws(Failure) {
    for (name, view) in [("shift", shift), ("scale", scale)] {
      guard view.rows * view.columns == inputs else {
        throw Failure(.shapeMismatch, "\(name) of the normalization has \(view.rows * view.columns) numbers; the network has \(inputs) inputs")
      }
      if let place = firstNonFinite(view) { throw Failure(.notFinite, "\(name) of the normalization is not finite at feature \(max(place.row, place.column))") }
    }
    let (wide, own) = (8 * inputs, precision.byteCount * inputs)
    buffer = try Buffer(byteCount: 2 * wide + 2 * own)
    self.shift = buffer.vector(count: inputs, precision: .float64)
    self.scale = buffer.vector(count: inputs, precision: .float64, offset: wide)
    narrow = (buffer.vector(count: inputs, precision: precision, offset: 2 * wide), buffer.vector(count: inputs, precision: precision, offset: 2 * wide + own))
    convert(shift, into: self.shift)
    convert(scale, into: self.scale)
    isNarrowEnough = narrowed(self.shift, into: narrow.shift) && narrowed(self.scale, into: narrow.scale)
  }

  /// The largest |shift| and |scale|.
  var largestShift: Double { largestMagnitude(Block(shift.base, rows: 1, columns: shift.count, precision: shift.precision)) }
  var largestScale: Double { largestMagnitude(Block(scale.base, rows: 1, columns: scale.count, precision: scale.precision)) }

  /// The scaling that is applied to features as they enter.
  package var scaling: FeatureScaling { FeatureScaling(shift: shift, scale: scale, narrow: isNarrowEnough ? narrow : nil) }

  /// Makes the normalization leave times and masks of sequences as they are. Call it before the object is shared.
  func exempt(_ format: SequenceFormat) {
    for step in 0..<format.steps {
      for range in format.exempt(step) {
        for vector in [shift, narrow.shift] { fill(vector[range], 0) }
        for vector in [scale, narrow.scale] { fill(vector[range], 1) }
      }
    }
  }
}
