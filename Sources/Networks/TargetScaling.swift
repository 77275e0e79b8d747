import LinearAlgebra
import Settings

/// The scaling of each target value t of a loss of values, kept with the model: the network computes z with t ≈ shift + scale·z, so that training sees numbers around 0 of size 1.
///
/// It is stored in float64. Targets are scaled before they are rounded to the network's precision, and outputs are scaled back in float64, so that a float32 network keeps the differences of targets near 1.7e9.
package final class TargetScaling: Sendable {
  private let buffer: Buffer
  /// float64, one number for each output.
  package let shift: Vector
  package let scale: Vector
  /// 1/scale.
  private let inverse: Vector

  /// - Parameters:
  ///   - shift, scale: one number for each output; scale > 0.
  ///   - outputs: the network's.
  /// - Throws: `.shapeMismatch` when there are not `outputs` numbers; `.notFinite`; `.outOfRange` for a scale that is not above 0, or whose inverse is not finite; `.memory`.
  package init(shift: TensorView, scale: TensorView, outputs: Int) throws(Failure) {
    for (name, view) in [("shift", shift), ("scale", scale)] {
      guard view.rows * view.columns == outputs else {
        throw Failure(.shapeMismatch, "\(name) of the targets has \(view.rows * view.columns) numbers; the network has \(outputs) outputs")
      }
      if let place = firstNonFinite(view) { throw Failure(.notFinite, "\(name) of the targets is not finite at output \(max(place.row, place.column))") }
    }
    buffer = try Buffer(byteCount: 24 * outputs)
    self.shift = buffer.vector(count: outputs, precision: .float64)
    self.scale = buffer.vector(count: outputs, precision: .float64, offset: 8 * outputs)
    inverse = buffer.vector(count: outputs, precision: .float64, offset: 16 * outputs)
    convert(shift, into: self.shift)
    convert(scale, into: self.scale)
    for output in 0..<outputs {
      let number = self.scale.load(output)
      guard number > 0, (1 / number).isFinite else { throw Failure(.outOfRange, "scale of the targets is \(number) at output \(output); it must be > 0, and its inverse finite") }
      inverse.store(1 / number, at: output)
    }
  }

  /// How targets enter: (t − shift)/scale.
  package var entering: FeatureScaling { FeatureScaling(shift: shift, scale: inverse) }
  /// How a cotangent of the caller's outputs becomes one of the network's: scale·w.
  package var ofCotangents: FeatureScaling { FeatureScaling(shift: nil, scale: scale) }

  /// A bound of the scaled targets' magnitudes, for targets up to `bound`.
  package func largest(_ bound: Double) -> Double {
    func most(_ vector: Vector) -> Double { largestMagnitude(Block(vector.base, rows: 1, columns: vector.count, precision: .float64)) }
    return (bound + most(shift)) * most(inverse)
  }
}

/// How a network's numbers relate to the caller's: the normalization of its inputs, and the scaling of its targets.
package struct DataScaling: Sendable {
  package var features: Normalization?
  package var targets: TargetScaling?

  package init(features: Normalization? = nil, targets: TargetScaling? = nil) {
    self.features = features
    self.targets = targets
  }
}
