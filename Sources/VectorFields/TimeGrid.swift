import Settings

/// The times t_0 = 0 < t_1 < … < t_N = T at which layers begin and end.
package struct TimeGrid: Equatable, Sendable {
  package let layers: Int
  package let horizon: Double
  /// The step size h, if all steps are equal.
  private let step: Double
  /// The N step sizes and N + 1 times; empty if all steps are equal.
  private let stepSizes: [Double]
  private let times: [Double]

  /// N equal steps.
  package init(layers: Int, horizon: Double) {
    self.layers = layers
    self.horizon = horizon
    step = horizon / Double(layers)
    (stepSizes, times) = ([], [])
  }

  /// - Parameter stepSizes: h_0 … h_{N−1}, finite and greater than 0; their sum is the horizon.
  /// - Throws: `.outOfRange` naming the first step that is not.
  package init(stepSizes: [Double]) throws(Failure) {
    guard let first = stepSizes.first else { throw Failure(.invalidArgument, "a time grid needs at least one step") }
    var times = [0.0]
    var end = 0.0
    for (index, size) in stepSizes.enumerated() {
      guard size > 0, size.isFinite, end + size > end, (end + size).isFinite else {
        throw Failure(.outOfRange, "step_sizes[\(index)] is \(size); step sizes must be finite and > 0, their sum finite, and none so small that it vanishes in the sum")
      }
      end += size
      times.append(end)
    }
    layers = stepSizes.count
    step = first
    let isUniform = stepSizes.allSatisfy { $0 == first }
    horizon = isUniform ? first * Double(stepSizes.count) : end
    self.stepSizes = isUniform ? [] : stepSizes
    self.times = isUniform ? [] : times
  }

  package var isUniform: Bool { stepSizes.isEmpty }

  /// h_j, as it was given.
  package func stepSize(_ j: Int) -> Double { stepSizes.isEmpty ? step : stepSizes[j] }

  /// t_j for j = 0 … N. t_N is exactly the horizon, from which N·(T/N) may differ by rounding.
  package func time(_ j: Int) -> Double { times.isEmpty ? (j == layers ? horizon : horizon * Double(j) / Double(layers)) : times[j] }

  /// The time halfway through layer j.
  package func midpoint(_ j: Int) -> Double { times.isEmpty ? horizon * (Double(j) + 0.5) / Double(layers) : 0.5 * (times[j] + times[j + 1]) }

  /// The layer that a time within (0, T) falls into.
  package func layer(at time: Double) -> Int {
    guard !times.isEmpty else { return min(max(Int(time / horizon * Double(layers)), 0), layers - 1) }
    var (low, high) = (0, layers)
    while high - low > 1 {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle } else { high = middle }
    }
    return low
  }
}
