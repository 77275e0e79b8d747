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
