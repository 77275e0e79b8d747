/// An event: w·y passes the level upwards, downwards, or in either direction.
package struct EventFunction: Sendable {
  package enum Direction: Int32, Sendable { case falling = -1, either = 0, rising = 1 }

  /// w, one number for each feature.
  package let weights: [Double]
  package let level: Double
  package let direction: Direction

  package init(weights: [Double], level: Double, direction: Direction = .either) {
    self.weights = weights
    self.level = level
    self.direction = direction
  }

  /// The same event with w and the level multiplied by a power of two so that the largest |w_i| lies in [1, 2): products with states then neither overflow nor vanish. A level so far away that no state
  /// reaches it stays out of reach.
  package var scaled: EventFunction {
    let largest = weights.reduce(0) { max($0, $1.magnitude) }
    guard largest > 0, largest.isFinite else { return self }
    // In two steps, because a power of two beyond the range of Double may be needed.
    let half = -(largest.exponent / 2)
    let (one, other) = (Double(sign: .plus, exponent: half, significand: 1), Double(sign: .plus, exponent: -largest.exponent - half, significand: 1))
    let farthest = 0x1p1000
    return EventFunction(weights: weights.map { $0 * one * other }, level: min(max(level * one * other, -farthest), farthest), direction: direction)
  }

  /// Whether a trajectory that leaves this side of the level meets the event.
  package func isMet(leaving side: Side) -> Bool {
    switch side {
    case .below: direction != .falling
    case .above: direction != .rising
    case .onLevel: false
    }
  }

  /// The side of the level that a value of w·y − level lies on.
  package enum Side: Int8, Sendable {
    case below = -1, onLevel = 0, above = 1

    /// - Parameter tolerance: values no larger than this are on the level.
    package init(of value: Double, tolerance: Double = 0) { self = value > tolerance ? .above : value < -tolerance ? .below : .onLevel }
  }
}
