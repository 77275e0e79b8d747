import Glibc
import LinearAlgebra
import Settings

/// The scaling of targets and scores, kept with the model, so that training sees numbers of size 1: a score is shift + scale·z with the z that the network computes.
///
/// Targets enter in the same way, as (t − shift)/scale; where scores are logarithms (`TargetScale`), as t/exp(shift).
/// It is stored in float64. Targets are scaled before they are rounded to the network's precision, and scores are scaled back in float64, so that a float32 network keeps the differences of targets near 1.7e9.
package final class TargetScaling: Sendable {
  private let buffer: Buffer
  /// The scores of a step.
  private let outputs: Int
  /// float64, one number for each target of a step, or of the end.
  package let shift: Vector
  package let scale: Vector
  /// What targets are diminished by as they enter, and what they are multiplied by.
  private let entry: (shift: Vector, scale: Vector)
  /// float64, one number for each score, which is that of its target: of all steps, where there are outputs at each.
  package let scoreShift: Vector
  package let scoreScale: Vector

  /// - Parameters:
  ///   - shift, scale: one number for each target; scale > 0.
  ///   - plan: the network's, whose loss scales its targets.
  /// - Throws: `.incompatible` for a loss whose targets cannot be scaled; `.shapeMismatch` when there are not as many numbers as targets; `.notFinite`; `.outOfRange` for a scale that is not above 0, or whose inverse is not
  ///   finite, and for a shift of logarithms whose exponential or its inverse is not finite; `.memory`.
  package convenience init(shift: TensorView, scale: TensorView, for plan: NetworkPlan) throws(Failure) {
    try self.init(shift: shift, scale: scale, loss: plan.loss, outputs: plan.outputs, steps: plan.steps ?? 1)
  }

  /// - Parameters:
  ///   - outputs: the number of scores of a step.
  ///   - steps: how many have outputs; 1 for outputs at the end.
  package init(shift: TensorView, scale: TensorView, loss: any Loss, outputs: Int, steps: Int = 1) throws(Failure) {
    guard let kind = loss.targetScale else {
      throw Failure(.incompatible, "this network's loss does not scale its targets; \(enumeration(try Self.scalingLosses())) do")
    }
    let targets = loss.targets(outputs: outputs)
    for (name, view) in [("shift", shift), ("scale", scale)] {
      guard view.rows * view.columns == targets else {
        throw Failure(.shapeMismatch, "\(name) of the targets has \(view.rows * view.columns) numbers; the network has \(targets) target\(targets == 1 ? "" : "s")")
      }
      if let place = firstNonFinite(view) { throw Failure(.notFinite, "\(name) of the targets is not finite at target \(max(place.row, place.column))") }
    }
    self.outputs = outputs
    let (entries, scores) = (targets * steps, outputs * steps)
    let buffer = try Buffer(count: 2 * (targets + entries + scores), precision: .float64)
    self.buffer = buffer
    var end = 0
    func vector(_ count: Int) -> Vector {
      end += count
      return buffer.vector(count: count, precision: .float64, offset: 8 * (end - count))
    }
    (self.shift, self.scale) = (vector(targets), vector(targets))
    entry = (vector(entries), vector(entries))
    (scoreShift, scoreScale) = (vector(scores), vector(scores))
    convert(shift, into: self.shift)
    convert(scale, into: self.scale)
    for target in 0..<targets {
      let (shift, scale) = (self.shift.load(target), self.scale.load(target))
      guard scale > 0, (1 / scale).isFinite else { throw Failure(.outOfRange, "scale of the targets is \(scale) at target \(target); it must be > 0, and its inverse finite") }
      guard kind != .logarithmic || abs(shift) < 700 else { throw Failure(.outOfRange, "shift of the targets is \(shift) at target \(target); it is a logarithm, and must lie between -700 and 700") }
      for place in stride(from: target, to: entries, by: targets) {
        entry.shift.store(kind == .logarithmic ? 0 : shift, at: place)
        entry.scale.store(kind == .logarithmic ? exp(-shift) : 1 / scale, at: place)
      }
    }
    for score in 0..<scores {
      scoreShift.store(self.shift.load(score % outputs / (outputs / targets)), at: score)
      scoreScale.store(self.scale.load(score % outputs / (outputs / targets)), at: score)
    }
  }

  /// The losses that scale their targets, by name.
  private static func scalingLosses() throws(Failure) -> [String] {
    var names: [String] = []
    for name in losses.names where try losses.standard(name).targetScale != nil { names.append(name) }
    return names
  }

  /// How targets enter.
  package var entering: FeatureScaling { FeatureScaling(shift: entry.shift, scale: entry.scale) }
  /// How a cotangent of the caller's scores becomes one of the network's: the scores' scale times w.
  package var ofCotangents: FeatureScaling { FeatureScaling(shift: nil, scale: scoreScale) }

  /// A loss of scores and targets in the caller's units as one of the scaled numbers.
  package func loss(_ loss: any Loss, in unit: LossUnit) -> any Loss {
    func numbers(_ vector: Vector) -> [Double] { (0..<outputs).map(vector.load) }
    return loss.scaled(shifts: numbers(scoreShift), scales: numbers(scoreScale), in: unit)
  }

  /// Replaces scores of the network by those in the caller's units.
  /// - Parameter scores: float64, samples × scores, any strides.
  package func scaleBack(_ scores: MutableTensorView) { LinearAlgebra.scaleBack(scores, shift: scoreShift, scale: scoreScale) }

  /// A bound of the scaled targets' magnitudes, for targets up to `bound`.
  package func largest(_ bound: Double) -> Double {
    func most(_ vector: Vector) -> Double { largestMagnitude(Block(vector.base, rows: 1, columns: vector.count, precision: .float64)) }
    return (bound + most(entry.shift)) * most(entry.scale)
  }
}

extension NetworkPlan {
  /// The network's loss as a function of scores and targets as they are scaled.
  package func loss(_ scaling: TargetScaling?, in unit: LossUnit) -> any Loss { scaling?.loss(loss, in: unit) ?? loss }
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
