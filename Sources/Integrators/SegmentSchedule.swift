/// How the steps of a solve are cut into segments, so that s slots for states are enough to go back through s(s + 1)/2 steps with each step solved at most twice.
///
///     segment j has s − j steps and begins at step j·s − j(j − 1)/2,   j = 0 … s − 1
///
/// While a solve is in segment j, the slots 0 … j − 1 keep the first states of the segments before it, and the slots j … s − 1 hold the states of segment j, one for each step. At the end of the solve the slots
/// hold all states of its last segment. When the derivatives of all later segments are done, their slots are free, and segment j is solved again from its first state in slot j. The number of steps need
/// not be known beforehand. Source: the optimal schedule of Griewank & Walther 2000 (revolve) for at most two runs of each step before the one that its derivative needs, β(s − 1, 2) = C(s + 1, 2).
package struct SegmentSchedule: Equatable, Sendable {
  package let slots: Int

  /// - Parameter slots: s, at least 1.
  package init(slots: Int) { self.slots = slots }

  /// The fewest slots for `steps` steps.
  package init(steps: Int) {
    var slots = max(1, Int((2 * Double(steps)).squareRoot()) - 1)
    while SegmentSchedule(slots: slots).reach < steps { slots += 1 }
    self.init(slots: slots)
  }

  /// The largest number of steps.
  package var reach: Int { slots * (slots + 1) / 2 }

  /// The first step of a segment.
  package func start(_ segment: Int) -> Int { segment * slots - segment * (segment - 1) / 2 }
  /// Steps of a segment.
  package func length(_ segment: Int) -> Int { slots - segment }

  /// The segment that a step lies in.
  package func segment(of step: Int) -> Int {
    // The root of start(j) = step, to which rounding adds less than 1.
    let b = Double(2 * slots + 1)
    var segment = min(max(0, Int((b - max(0, b * b - 8 * Double(step)).squareRoot()) / 2)), slots - 1)
    while segment > 0, start(segment) > step { segment -= 1 }
    while segment + 1 < slots, start(segment + 1) <= step { segment += 1 }
    return segment
  }
}
