import CStableODE
import Testing

struct TrajectoryEntriesTests {
  private static let json =
    #"{"precision": "float64", "opening": "trajectory", "channels": 1, "inputs": 4, "outputs": 1, "width": 1, "outputs_at": "steps", "readout": "identity", "loss": "least_squares", "field": "dense", "activation": "identity", "bias": "none", "integrator": "rk4", "weights_in_time": "shared", "layers": 2, "seed": 1}"#

  /// ẏ = −y from 1: the states at 0, ½ and 1.
  @Test func fitsAnEquation() throws {
    let network = try TestNetwork(Self.json)
    var features = [1.0, 0, 0.5, 1], states = [1.0, 0.60653065971263342, 0.36787944117144232], starts = [7.0]
    var report = sode_trajectory_fit()
    report.struct_size = UInt32(MemoryLayout<sode_trajectory_fit>.size)
    withTensor(&features, [1, 4]) { x in
      withTensor(&states, [1, 3, 1]) { y in
        withTensor(&starts, [1, 1]) { #expect(sode_network_fit_trajectories(network.handle, x, y, nil, 0, nil, nil, nil, $0, &report) == SODE_CONVERGED, "\(lastError())") }
      }
    }
    #expect(abs(starts[0] - 1) < 1e-3 && report.loss < 1e-8 && report.segments == 1 && report.steps > 0)
    var weight = [0.0]
    withTensor(&weight, [1]) { #expect(sode_network_get_parameters(network.handle, $0) == SODE_OK) }
    #expect(abs(weight[0] + 1) < 1e-2)
    var longer: OpaquePointer?
    #expect(sode_network_with_steps(network.handle, 6, &longer) == SODE_OK)
    sode_network_free(longer)
  }

  /// On errors the results stay as they were, and the network too.
  @Test func errors() throws {
    let network = try TestNetwork(Self.json)
    var features = [1.0, 0, 0.5, 1], states = [1.0, .infinity, 0.4], starts = [7.0], before = [0.0], after = [0.0]
    withTensor(&before, [1]) { #expect(sode_network_get_parameters(network.handle, $0) == SODE_OK) }
    withTensor(&features, [1, 4]) { x in
      withTensor(&states, [1, 3, 1]) { y in
        withTensor(&starts, [1, 1]) { s in
          #expect(sode_network_fit_trajectories(network.handle, x, y, nil, 0, nil, nil, nil, s, nil) == SODE_ERR_INVALID_DATA && lastError().contains("row 0, time 1"))
          #expect(sode_network_fit_trajectories(network.handle, x, nil, nil, 0, nil, nil, nil, s, nil) == SODE_ERR_NULL_POINTER)
          #expect(sode_network_fit_trajectories(nil, x, y, nil, 0, nil, nil, nil, s, nil) == SODE_ERR_NULL_POINTER)
          var report = sode_trajectory_fit()
          #expect(sode_network_fit_trajectories(network.handle, x, y, nil, 0, nil, nil, nil, s, &report) == SODE_ERR_INVALID_ARGUMENT && lastError().contains("struct_size"))
        }
      }
    }
    withTensor(&after, [1]) { #expect(sode_network_get_parameters(network.handle, $0) == SODE_OK) }
    #expect(starts == [7] && before == after)
  }
}
