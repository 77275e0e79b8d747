/// How numbers enter or leave, feature by feature: x ↦ (x − shift)·scale on the way in, x ↦ scale·x on the way out.
///
/// It acts on numbers in the type that the caller gave: in float64, and then rounded to the network's precision once. So times around 1.7e9 keep their differences on the way into float32. A type whose
/// numbers the tile's precision holds exactly (float32 and bytes in float32) is shifted and scaled there.
package struct FeatureScaling: @unchecked Sendable {
  /// float64, one number a feature; nil stands for zeros.
  package let shift: Vector?
  /// float64, one number a feature; nil stands for ones.
  package let scale: Vector?
  /// The two in the tile's precision; nil when that does not hold them, and then all goes by float64.
  package let narrow: (shift: Vector, scale: Vector)?

  package init(shift: Vector?, scale: Vector?, narrow: (shift: Vector, scale: Vector)? = nil) {
    precondition([shift, scale].allSatisfy { $0?.precision != .float32 }, "shift and scale in float64")
    (self.shift, self.scale, self.narrow) = (shift, scale, narrow)
  }

  /// How a change of the features enters: scale·δx.
  package var ofChanges: FeatureScaling { FeatureScaling(shift: nil, scale: scale) }

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
