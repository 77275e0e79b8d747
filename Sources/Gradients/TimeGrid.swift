import Settings

/// The times t_0 = 0 < t_1 < … < t_N = T at which layers begin and end.
package struct TimeGrid: Equatable, Sendable {
  package let layers: Int
  package let horizon: Double
  /// N + 1 times; nil when all steps are T/N.
  private let times: [Double]?

  /// N equal steps.
  package init(layers: Int, horizon: Double) {
    self.layers = layers
    self.horizon = horizon
    times = nil
  }

  /// - Parameter stepSizes: h_0 … h_{N−1}, finite and greater than 0; their sum is the horizon.
  /// - Throws: `.outOfRange` naming the first step that is not.
  package init(stepSizes: [Double]) throws(Failure) {
    guard !stepSizes.isEmpty else { throw Failure(.invalidArgument, "a time grid needs at least one step") }
    var times = [0.0]
    for (index, size) in stepSizes.enumerated() {
      guard size > 0, size.isFinite, let last = times.last, last + size > last else {
        throw Failure(.outOfRange, "step_sizes[\(index)] is \(size); step sizes must be finite and > 0")
      }
      times.append(last + size)
    }
    layers = stepSizes.count
    horizon = times[layers]
    self.times = stepSizes.allSatisfy { $0 == stepSizes[0] } ? nil : times
  }

  package var isUniform: Bool { times == nil }

  /// h_j.
  package func stepSize(_ j: Int) -> Double {
    guard let times else { return horizon / Double(layers) }
    return times[j + 1] - times[j]
  }

  /// t_j, j = 0 … N.
  package func time(_ j: Int) -> Double {
    guard let times else { return horizon * Double(j) / Double(layers) }
    return times[j]
  }
}
