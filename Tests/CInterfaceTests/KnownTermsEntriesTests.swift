import CStableODE
import Testing

/// The calls that the functions got.
final class TermsSeen {
  var calls = 0
  var releases = 0
  var answer: Int32 = 0
}

/// g = t·y of float32 networks. What has the functions keeps `seen` alive until it releases them.
func timesTheState(_ seen: TermsSeen) -> sode_known_terms {
  var terms = sode_known_terms()
  terms.struct_size = UInt32(MemoryLayout<sode_known_terms>.size)
  terms.evaluate = { times, states, values, user in
    guard let times = times?.pointee, let states = states?.pointee, let values = values?.pointee, let user, let shape = states.shape, let strides = states.strides else { return -1 }
    let seen = Unmanaged<TermsSeen>.fromOpaque(user).takeUnretainedValue()
    seen.calls += 1
    for sample in 0..<Int(shape[0]) {
      for number in 0..<Int(shape[1]) {
        let place = 4 * (sample * Int(strides[0]) + number * Int(strides[1]))
        let product = times.data.load(fromByteOffset: 4 * sample, as: Float.self) * states.data.load(fromByteOffset: place, as: Float.self)
        values.data.storeBytes(of: product, toByteOffset: 4 * (sample * Int(values.strides[0]) + number * Int(values.strides[1])), as: Float.self)
      }
    }
    return seen.answer
  }
  terms.release = { user in
    guard let user else { return }
    Unmanaged<TermsSeen>.fromOpaque(user).takeRetainedValue().releases += 1
  }
  terms.user_data = Unmanaged.passRetained(seen).toOpaque()
  return terms
}

struct KnownTermsEntriesTests {
  static let json =
    #"{"opening": "trajectory", "channels": 2, "inputs": 5, "outputs": 2, "outputs_at": "steps", "readout": "identity", "loss": "least_squares", "field": "dense", "integrator": "rk4", "known_terms": true, "initial_scale": 0.0}"#

  @Test func setsFunctionsOnce() throws {
    let seen = TermsSeen()
    do {
      let network = try TestNetwork(Self.json)
      var terms = timesTheState(seen)
      #expect(sode_network_set_known_terms(network.handle, &terms) == SODE_OK)
      #expect(sode_network_set_known_terms(network.handle, &terms) == SODE_ERR_STATE)
      #expect(seen.releases == 0)
      terms.evaluate = nil
      #expect(sode_network_set_known_terms(network.handle, &terms) == SODE_ERR_NULL_POINTER && lastError().contains("evaluate"))
    }
    #expect(seen.releases == 1)
  }

  /// Where a call fails, the functions stay the caller's.
  @Test func errorsReleaseNothing() throws {
    let seen = TermsSeen()
    var terms = timesTheState(seen)
    let plain = try TestNetwork()
    #expect(sode_network_set_known_terms(plain.handle, &terms) == SODE_ERR_INCOMPATIBLE && lastError().contains("option known_terms"))
    #expect(sode_network_set_known_terms(nil, &terms) == SODE_ERR_NULL_POINTER)
    #expect(sode_network_set_known_terms(plain.handle, nil) == SODE_ERR_NULL_POINTER)
    terms.struct_size = 3
    #expect(sode_network_set_known_terms(plain.handle, &terms) == SODE_ERR_INVALID_ARGUMENT)
    #expect(seen.releases == 0)
  }
}
