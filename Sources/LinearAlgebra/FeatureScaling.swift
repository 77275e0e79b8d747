/// The scaling of each feature where numbers enter and leave a network: x ↦ (x − shift)·scale when they enter, x ↦ scale·x when they leave.
///
/// Numbers are shifted and scaled in float64 before they are rounded to the network's precision, so that times around 1.7e9 keep their differences in float32. If the network's precision holds the numbers of the
/// caller's type exactly (float32 and bytes in float32), the arithmetic is done in that precision.
package struct FeatureScaling: @unchecked Sendable {
  /// float64, one number for each feature; nil stands for zeros.
  package let shift: Vector?
  /// float64, one number for each feature; nil stands for ones.
  package let scale: Vector?
  /// Both in the tile's precision; nil if they cannot be held exactly, so that everything is computed in float64.
  package let narrow: (shift: Vector, scale: Vector)?

  package init(shift: Vector?, scale: Vector?, narrow: (shift: Vector, scale: Vector)? = nil) {
    precondition([shift, scale].allSatisfy { $0?.precision != .float32 }, "shift and scale in float64")
    (self.shift, self.scale, self.narrow) = (shift, scale, narrow)
  }

  /// How a change of the features enters: scale·δx.
  package var ofChanges: FeatureScaling { FeatureScaling(shift: nil, scale: scale) }

  /// The scaling of the features `range` alone.
  package subscript(range: Range<Int>) -> FeatureScaling {
    FeatureScaling(shift: shift.map { $0[range] }, scale: scale.map { $0[range] }, narrow: narrow.map { ($0.shift[range], $0.scale[range]) })
  }

  fileprivate static func numbers(_ vector: Vector) -> UnsafePointer<Double> { UnsafeRawPointer(vector.base).assumingMemoryBound(to: Double.self) }
  var wideShift: UnsafePointer<Double>? { shift.map(Self.numbers) }
  var wideScale: UnsafePointer<Double>? { scale.map(Self.numbers) }
}

/// Rounds numbers of float64 to the precision of `narrow`.
/// - Returns: whether it holds each of them to its last digit: none is too large, and none so small that digits are lost.
package func narrowed(_ wide: Vector, into narrow: Vector) -> Bool {
  precondition(wide.precision == .float64 && wide.count == narrow.count, "as many numbers of float64")
  var isHeld = true
  for index in 0..<wide.count {
    let number = wide.load(index)
    narrow.store(number, at: index)
    isHeld = isHeld && abs(narrow.load(index) - number) <= narrow.precision.epsilon * abs(number)
  }
  return isHeld
}
