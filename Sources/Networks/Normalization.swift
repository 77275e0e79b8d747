import LinearAlgebra
import Settings

/// A standardization of the inputs, z = (x − shift)·scale feature by feature, and of some features asinh(z), kept with the model so that callers pass raw features.
///
/// It is stored in float64 and applied to the caller's numbers before they are rounded to the network's precision (`FeatureScaling`).
package final class Normalization: Sendable {
  private let buffer: Buffer
  /// float64, one number per feature.
  package let shift: Vector
  package let scale: Vector
  /// 1 for each squashed feature, float64.
  package let flags: Vector
  /// `shift` and `scale`, rounded to the network's precision, for features that this precision holds exactly. Used only if the rounded numbers keep all digits of this precision (`isNarrowEnough`).
  private let narrow: (shift: Vector, scale: Vector)
  private let isNarrowEnough: Bool
  /// The features that enter as asinh(z), ascending.
  package let squashed: [Int]

  /// - Parameters:
  ///   - shift, scale: one number per feature.
  ///   - squashed: the features that enter as asinh(z), ascending; only plain features may be among them, no pixels or channels of sequences.
  ///   - precision: the network's.
  /// - Throws: `.shapeMismatch` when there are not `inputs` numbers; `.notFinite` when a number is not finite; `.memory`.
  package init(shift: TensorView, scale: TensorView, squashed: [Int] = [], inputs: Int, precision: Precision) throws(Failure) {
    for (name, view) in [("shift", shift), ("scale", scale)] {
      guard view.rows * view.columns == inputs else {
        throw Failure(.shapeMismatch, "\(name) of the normalization has \(view.rows * view.columns) numbers; the network has \(inputs) inputs")
      }
      if let place = firstNonFinite(view) { throw Failure(.notFinite, "\(name) of the normalization is not finite at feature \(max(place.row, place.column))") }
    }
    self.squashed = squashed
    let (wide, own) = (8 * inputs, precision.byteCount * inputs)
    buffer = try Buffer(byteCount: 3 * wide + 2 * own)
    self.shift = buffer.vector(count: inputs, precision: .float64)
    self.scale = buffer.vector(count: inputs, precision: .float64, offset: wide)
    flags = buffer.vector(count: inputs, precision: .float64, offset: 2 * wide)
    fill(flags, 0)
    for feature in squashed { flags.store(1, at: feature) }
    narrow = (buffer.vector(count: inputs, precision: precision, offset: 3 * wide), buffer.vector(count: inputs, precision: precision, offset: 3 * wide + own))
    convert(shift, into: self.shift)
    convert(scale, into: self.scale)
    isNarrowEnough = narrowed(self.shift, into: narrow.shift) && narrowed(self.scale, into: narrow.scale)
  }

  /// The largest |shift| and |scale|.
  var largestShift: Double { largestMagnitude(Block(shift.base, rows: 1, columns: shift.count, precision: shift.precision)) }
  var largestScale: Double { largestMagnitude(Block(scale.base, rows: 1, columns: scale.count, precision: scale.precision)) }

  /// The scaling that is applied to features as they enter.
  package var scaling: FeatureScaling { FeatureScaling(shift: shift, scale: scale, narrow: isNarrowEnough ? narrow : nil) }

  /// The same normalization with other features squashed.
  /// - Throws: `memory`.
  package func squashing(_ features: [Int]) throws(Failure) -> Normalization { try copy(squashing: features, precision: narrow.shift.precision) }

  /// The same normalization with the scale 0 for features that are left out.
  /// - Throws: `memory`.
  package func keeping(_ kept: [Bool]) throws(Failure) -> Normalization {
    let made = try copy(squashing: squashed, precision: narrow.shift.precision)
    for feature in kept.indices where !kept[feature] {
      made.scale.store(0, at: feature)
      made.narrow.scale.store(0, at: feature)
    }
    return made
  }

  /// The same normalization for a network of another precision.
  /// - Throws: `memory`.
  package func converted(to precision: Precision) throws(Failure) -> Normalization { try copy(squashing: squashed, precision: precision) }

  private func copy(squashing features: [Int], precision: Precision) throws(Failure) -> Normalization {
    func row(_ vector: Vector) -> TensorView { TensorView(UnsafeRawPointer(vector.base), type: .float64, rows: 1, columns: vector.count) }
    return try Normalization(shift: row(shift), scale: row(scale), squashed: features, inputs: shift.count, precision: precision)
  }

  /// Replaces z by asinh(z) in the rows of a tile that hold squashed features.
  package func squash(_ tile: Block, count: Int) {
    for feature in squashed { LinearAlgebra.squash(tile.rows(feature..<feature + 1), count: count) }
  }

  /// The slope of asinh at a squashed feature of the caller's.
  func slope(of feature: Int, at number: Double) -> Double { squashSlope((number - shift.load(feature)) * scale.load(feature)) }

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

extension NetworkPlan {
  /// Whether the first state of a trajectory is a state of the network's equation, in which it enters as it is.
  package var takesStates: Bool { sequence?.isTrajectory == true }

  /// - Throws: `.incompatible` for networks whose inputs enter as they are.
  package func requireNormalizable() throws(Failure) {
    guard takesStates else { return }
    throw Failure(.incompatible, "opening trajectory takes states and times as they are, so that outputs and targets are states too; normalize the states of features and targets in the data")
  }

  /// The features whose flags are 1.
  /// - Parameters:
  ///   - flags: one number for each input, 0 or 1.
  ///   - name: what they are called in messages.
  /// - Throws: `outOfRange` for other numbers; `incompatible` for inputs that are images or sequences.
  package func squashedFeatures(_ flags: TensorView, called name: String) throws(Failure) -> [Int] {
    var squashed: [Int] = []
    for feature in 0..<inputs {
      let flag = flags.rows == 1 ? flags.number(row: 0, column: feature) : flags.number(row: feature, column: 0)
      guard flag == 0 || flag == 1 else { throw Failure(.outOfRange, "\(name) is \(flag) at feature \(feature); it must be 0 or 1") }
      if flag == 1 { squashed.append(feature) }
    }
    guard squashed.isEmpty || squashesInputs else { throw Failure(.incompatible, "\(name) has features that enter as asinh(z), which is possible for plain features only; this network reads \(sequence == nil ? "images" : "sequences")") }
    return squashed
  }

  /// Whether inputs can be squashed: neither images nor sequences.
  package var squashesInputs: Bool { sequence == nil && !inputShape.isImage }
}
