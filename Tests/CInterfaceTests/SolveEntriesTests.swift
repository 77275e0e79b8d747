import CStableODE
import Foundation
import Testing

struct SolveEntriesTests {
  /// ẏ = Ky, where K rotates by one radian per unit of time. The closed form from (1, 0) is y(t) = (cos t, sin t).
  private func rotation() throws -> TestNetwork {
    let network = try TestNetwork(
      #"{"inputs": 2, "outputs": 2, "readout": "identity", "loss": "least_squares", "precision": "float64", "field": "dense", "activation": "identity", "bias": "none", "integrator": "dopri5", "layers": 1, "horizon": 3, "relative_tolerance": 1e-9, "absolute_tolerance": 1e-10}"#)
    var k: [Double] = [0, -1, 1, 0]
    withTensor(&k, [1, 2, 2]) { #expect(sode_network_set_parameter(network.handle, "blocks.0.K", $0) == SODE_OK, "\(lastError())") }
    return network
  }

  @Test func statesAtAskedTimesAndTheEventAreTheClosedForm() throws {
    let network = try rotation()
    var start: [Double] = [1, 0, 0, 1]
    var times: [Double] = [0, 0.5, 1, 2.5]
    var states = [Double](repeating: 9, count: 2 * 4 * 2)
    var (ends, endTimes, eventStates) = ([Int32](repeating: 0, count: 2), [Double](repeating: 0, count: 2), [Double](repeating: 0, count: 4))
    var (weights, report) = ([1.0, 0.0], sode_step_report())
    report.struct_size = UInt32(MemoryLayout<sode_step_report>.size)
    // x₁ falls through ½: at π/3 for the sample from (1, 0). The sample from (0, 1) starts below ½, and its x₁ = −sin t stays negative until π.
    withTensor(&weights, [2]) { w in
      var event = sode_event_function()
      event.struct_size = UInt32(MemoryLayout<sode_event_function>.size)
      (event.direction, event.level) = (-1, 0.5)
      event.weights = UnsafePointer(w)
      withTensor(&start, [2, 2]) { x in
        withTensor(&times, [4]) { t in
          withTensor(&states, [2, 4, 2]) { s in
            withTensor(&ends, [2]) { e in
              withTensor(&endTimes, [2]) { at in
                withTensor(&eventStates, [2, 2]) { y in
                  #expect(sode_network_solve(network.handle, 0, x, t, &event, s, e, at, y, &report) == SODE_OK, "\(lastError())")
                }
              }
            }
          }
        }
      }
    }
    #expect(ends == [Int32(SODE_END_EVENT), Int32(SODE_END_HORIZON)])
    #expect(abs(endTimes[0] - .pi / 3) < 1e-7 && endTimes[1] == 3)
    #expect(abs(eventStates[0] - 0.5) < 1e-7 && abs(eventStates[1] - 0.75.squareRoot()) < 1e-7 && eventStates[2].isNaN)
    for (index, t) in times.enumerated() {
      if t < 1.04 { #expect(abs(states[2 * index] - cos(t)) < 1e-7 && abs(states[2 * index + 1] - sin(t)) < 1e-7) } else { #expect(states[2 * index].isNaN) }
      #expect(abs(states[8 + 2 * index] + sin(t)) < 1e-7 && abs(states[8 + 2 * index + 1] - cos(t)) < 1e-7)
    }
    #expect(report.accepted_steps > 4 && report.evaluations > 6 * report.accepted_steps)
  }

  /// A solve of a million steps respects the thread's time limit and leaves every output unchanged.
  @Test func aSolveKeepsTheTimeLimit() throws {
    let network = try TestNetwork(
      #"{"inputs": 2, "outputs": 2, "readout": "identity", "loss": "least_squares", "precision": "float64", "field": "dense", "activation": "identity", "bias": "none", "integrator": "tsit5", "layers": 1, "horizon": 1e6, "max_steps": 1000000}"#)
    var k: [Double] = [0, -1, 1, 0]
    withTensor(&k, [1, 2, 2]) { #expect(sode_network_set_parameter(network.handle, "blocks.0.K", $0) == SODE_OK, "\(lastError())") }
    var limits = sode_limits()
    (limits.struct_size, limits.milliseconds) = (UInt32(MemoryLayout<sode_limits>.size), 50)
    #expect(sode_set_thread_limits(&limits) == SODE_OK)
    defer { _ = sode_set_thread_limits(nil) }
    var (x, times, weights) = ([1.0, 0, 0, 1], [0.0, 1], [1.0, 0])
    var (states, ends, endTimes, eventStates) = ([Double](repeating: 9, count: 8), [Int32](repeating: 9, count: 2), [9.0, 9], [Double](repeating: 9, count: 4))
    withTensor(&weights, [2]) { w in
      var event = sode_event_function()
      (event.struct_size, event.level, event.weights) = (UInt32(MemoryLayout<sode_event_function>.size), 5, UnsafePointer(w))
      withTensor(&x, [2, 2]) { x in
        withTensor(&times, [2]) { t in
          withTensor(&states, [2, 2, 2]) { s in
            withTensor(&ends, [2]) { e in
              withTensor(&endTimes, [2]) { at in
                withTensor(&eventStates, [2, 2]) { y in
                  #expect(sode_network_solve(network.handle, 0, x, t, &event, s, e, at, y, nil) == SODE_TIME_LIMIT, "\(lastError())")
                }
              }
            }
          }
        }
      }
    }
    #expect((states + endTimes + eventStates).allSatisfy { $0 == 9 } && ends == [9, 9])
  }

  @Test func whatCannotBeSolvedIsNamed() throws {
    let (network, fixed) = (try rotation(), try TestNetwork())
    var (x, times, states) = ([1.0, 0], [1.0, 0.5], [Double](repeating: 0, count: 4))
    withTensor(&x, [1, 2]) { x in
      #expect(sode_network_solve(fixed.handle, 0, x, nil, nil, nil, nil, nil, nil, nil) == SODE_ERR_INCOMPATIBLE)
      #expect(lastError().contains("dopri5"))
      #expect(sode_network_solve(network.handle, 1, x, nil, nil, nil, nil, nil, nil, nil) == SODE_ERR_OUT_OF_RANGE)
      withTensor(&times, [2]) { times in
        #expect(sode_network_solve(network.handle, 0, x, times, nil, nil, nil, nil, nil, nil) == SODE_ERR_OUT_OF_RANGE)
        #expect(lastError().contains("at element 1"))
      }
      withTensor(&states, [1, 2, 2]) { #expect(sode_network_solve(network.handle, 0, x, nil, nil, $0, nil, nil, nil, nil) == SODE_ERR_NULL_POINTER) }
      var event = sode_event_function()
      event.struct_size = UInt32(MemoryLayout<sode_event_function>.size)
      event.direction = 7
      #expect(sode_network_solve(network.handle, 0, x, nil, &event, nil, nil, nil, nil, nil) == SODE_ERR_OUT_OF_RANGE)
      #expect(lastError().contains("direction"))
    }
  }

  /// A sample that cannot begin fails alone: the call says so, and the others have the results that they have without it.
  @Test func rowsThatCannotBeginFailAlone() throws {
    let network = try rotation()
    var (x, times) = ([1.0, 0, .nan, 0, 0, 1], [0.5])
    var (states, ends, endTimes) = ([Double](repeating: 7, count: 6), [Int32](repeating: 7, count: 3), [Double](repeating: 7, count: 3))
    withTensor(&x, [3, 2]) { x in
      withTensor(&times, [1]) { times in
        withTensor(&states, [3, 1, 2]) { states in
          withTensor(&ends, [3]) { ends in
            withTensor(&endTimes, [3]) { endTimes in
              #expect(sode_network_solve_from(network.handle, 0, x, nil, nil, times, nil, states, ends, endTimes, nil, nil) == SODE_ERR_INVALID_DATA)
              #expect(sode_network_solve_rows_or_nan(network.handle, 0, x, nil, nil, times, nil, states, ends, endTimes, nil, nil) == SODE_ROWS_WITHOUT_RESULT)
            }
          }
        }
      }
    }
    #expect(ends[0] == ends[2] && ends[1] == Int32(SODE_END_FAILURE) && endTimes[1].isNaN && !endTimes[0].isNaN)
    #expect(states[2].isNaN && states[3].isNaN && states[..<2].allSatisfy(\.isFinite) && states[4...].allSatisfy(\.isFinite))
    var (count, row, reason): (Int64, Int64, sode_status) = (0, -1, 0)
    var text: UnsafePointer<CChar>?
    #expect(sode_failed_row_count(&count) == SODE_OK && count == 1)
    #expect(sode_failed_row_at(0, &row, &reason, &text) == SODE_OK && row == 1 && reason == SODE_ERR_INVALID_DATA)
    #expect(lastError().contains("row 1, column 0"))
  }
}
