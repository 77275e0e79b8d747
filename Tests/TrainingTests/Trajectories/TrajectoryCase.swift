import Glibc
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Training

/// Trajectories of the oscillator q̈ = −q at irregular times, and a network for them.
struct TrajectoryCase {
  let network: Network
  let features: TestSupport.Numbers
  let states: TestSupport.Numbers
  let count: Int
  let steps: Int

  /// - Parameters:
  ///   - field: the options of the field.
  ///   - missing: every how many-th number was not observed; 0: all were.
  init(field: String = #""field": "dense", "activation": "identity", "bias": "none""#, integrator: String = "rk4", count: Int = 3, steps: Int = 13, horizon: Double = 6, missing: Int = 0) throws {
    (self.count, self.steps) = (count, steps)
    network = try TestSupport.network(
      """
      {"precision": "float64", "opening": "trajectory", "channels": 2, "inputs": \(2 + steps), "width": 2, "outputs": 2, "outputs_at": "steps", "readout": "identity", "loss": "least_squares", \(field),
       "integrator": "\(integrator)", "weights_in_time": "shared", "layers": \(steps - 1), "seed": 3}
      """)
    features = try TestSupport.Numbers(count * (2 + steps), .float64)
    states = try TestSupport.Numbers(count * steps * 2, .float64)
    for trajectory in 0..<count {
      let (amplitude, phase) = (1 + 0.3 * Double(trajectory), 0.7 * Double(trajectory))
      for step in 0..<steps {
        // Intervals that vary by a third.
        let shift = step > 0 && step < steps - 1 ? 0.16 * sin(7 * Double(step + trajectory)) : 0.0
        let time = horizon * (Double(step) + shift) / Double(steps - 1)
        features[trajectory * (2 + steps) + 2 + step] = time
        for (k, value) in [amplitude * cos(time + phase), -amplitude * sin(time + phase)].enumerated() {
          if step == 0 { features[trajectory * (2 + steps) + k] = value }
          let place = (trajectory * steps + step) * 2 + k
          states[place] = missing > 0 && place % missing == missing - 1 ? .nan : value
        }
      }
    }
  }

  var featureView: TensorView { features.view(rows: count, columns: 2 + steps) }
  var stateView: TensorView { states.view(rows: count, columns: 2 * steps) }
  var trajectories: MeasuredTrajectories { get throws { try MeasuredTrajectories(features: featureView, states: stateView, width: 2, steps: steps, precision: .float64) } }

  func fit(_ settings: [(String, OptionValue)]) throws -> TrajectoryFit {
    var values = OptionValues(scope: "trajectory_fit", trajectoryFitOptions)
    for (key, value) in settings { try values.set(key, value) }
    return try TrajectoryFit(network, features: featureView, states: stateView, options: values)
  }
}
