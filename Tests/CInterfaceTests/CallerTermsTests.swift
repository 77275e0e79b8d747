import CStableODE
import Testing

struct CallerTermsTests {
  private func field(_ network: TestNetwork, _ values: inout [Float]) -> sode_status {
    var times: [Double] = [2, -3], states: [Float] = [1, 10, 2, 20]
    return withTensor(&times, [2]) { t in withTensor(&states, [2, 2]) { y in withTensor(&values, [2, 2]) { sode_network_field(network.handle, 0, t, y, $0) } } }
  }

  /// The function gets states where they lie, in strides, and the time of each sample.
  @Test func callsWithTensors() throws {
    let (network, seen) = (try TestNetwork(KnownTermsEntriesTests.json), TermsSeen())
    var terms = timesTheState(seen), values: [Float] = [7, 7, 7, 7]
    #expect(field(network, &values) == SODE_ERR_STATE && values == [7, 7, 7, 7])
    #expect(sode_network_set_known_terms(network.handle, &terms) == SODE_OK)
    #expect(field(network, &values) == SODE_OK, "\(lastError())")
    #expect(values == [2, 20, -6, -60] && seen.calls == 1)
  }

  @Test func aRefusalOrAMissingFunctionEndsTheCall() throws {
    let (network, seen) = (try TestNetwork(KnownTermsEntriesTests.json), TermsSeen())
    var terms = timesTheState(seen), values: [Float] = [7, 7, 7, 7]
    #expect(sode_network_set_known_terms(network.handle, &terms) == SODE_OK)
    seen.answer = 5
    #expect(field(network, &values) == SODE_ERR_CALLBACK_FAILED && lastError().contains("evaluate returned 5") && values == [7, 7, 7, 7])
    seen.answer = 0
    var times: [Double] = [2], states: [Float] = [1, 10], gradient: [Float] = [0, 0]
    withTensor(&times, [1]) { t in
      withTensor(&states, [1, 2]) { y in
        withTensor(&gradient, [1, 2]) {
          #expect(sode_network_field_pullback(network.handle, 0, t, y, y, nil, $0) == SODE_ERR_STATE && lastError().contains("pullback is NULL"))
          #expect(sode_network_field_pushforward(network.handle, 0, t, y, nil, y, nil, $0) == SODE_ERR_STATE && lastError().contains("pushforward is NULL"))
        }
      }
    }
  }
}
