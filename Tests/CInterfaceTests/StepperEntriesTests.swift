import CStableODE
import Testing

struct StepperEntriesTests {
  private static let json =
    #"{"opening": "sequence", "channels": 2, "inputs": 8, "outputs": 3, "width": 4, "layers": 4, "horizon": 2.0, "field": "antisymmetric_rnn", "weights_in_time": "shared"}"#

  private func stepper(_ network: TestNetwork, rows: Int64 = 1) throws -> OpaquePointer {
    var made: OpaquePointer?
    #expect(sode_stepper_create(network.handle, rows, &made) == SODE_OK, "\(lastError())")
    return try #require(made)
  }

  /// Tensors and dense rows give the same numbers, which are those of the network over all steps.
  @Test func feedsGiveTheNetworksScores() throws {
    let network = try TestNetwork(Self.json)
    let stream = try stepper(network)
    defer { sode_stepper_free(stream) }
    var info = sode_stepper_info()
    info.struct_size = UInt32(MemoryLayout<sode_stepper_info>.size)
    #expect(sode_stepper_describe(stream, &info) == SODE_OK)
    #expect(info.rows == 1 && info.step_width == 2 && info.outputs == 3 && info.most_observations == 0 && info.state_width == 1 + 2 + 2 + 4)
    var features: [Float] = (0..<8).map { Float($0 % 5) / 3 - 0.5 }
    var scores = [Float](repeating: 7, count: 3), expected = scores
    withTensor(&features, [1, 8]) { x in withTensor(&expected, [1, 3]) { #expect(sode_network_predict(network.handle, x, Int32(SODE_SCORES), 1, $0) == SODE_OK) } }
    for step in 0..<4 {
      var observation = Array(features[2 * step..<2 * step + 2])
      if step % 2 == 0 {
        #expect(sode_stepper_feed_f32(stream, &observation, Int32(SODE_SCORES), &scores) == SODE_OK)
      } else {
        withTensor(&observation, [1, 2]) { x in withTensor(&scores, [1, 3]) { #expect(sode_stepper_feed(stream, x, Int32(SODE_SCORES), $0) == SODE_OK) } }
      }
    }
    #expect(scores == expected)
    #expect(sode_stepper_reset(stream) == SODE_OK)
    #expect(sode_stepper_describe(stream, &info) == SODE_OK && info.observations == 0)
  }

  /// Wrong arguments are errors that leave everything as it was.
  @Test func errors() throws {
    let network = try TestNetwork(Self.json)
    let stream = try stepper(network, rows: 2)
    defer { sode_stepper_free(stream) }
    var made: OpaquePointer?
    #expect(sode_stepper_create(network.handle, 0, &made) == SODE_ERR_OUT_OF_RANGE && made == nil)
    #expect(sode_stepper_create(network.handle, 1, nil) == SODE_ERR_NULL_POINTER)
    let plain = try TestNetwork()
    #expect(sode_stepper_create(network.handle, 1025, &made) == SODE_ERR_OUT_OF_RANGE && made == nil)
    #expect(sode_stepper_create(plain.handle, 1, &made) == SODE_ERR_INCOMPATIBLE && lastError().contains("takes no sequences"))
    var observation: [Float] = [1, 2, 3, 4], scores = [Float](repeating: 7, count: 6), state = [Double](repeating: 7, count: 18)
    observation[3] = .nan
    #expect(sode_stepper_feed_f32(stream, &observation, Int32(SODE_SCORES), &scores) == SODE_ERR_INVALID_DATA)
    #expect(lastError() == "observation: row 1: channel 1 is NaN, infinite, or too large for float32")
    #expect(scores == [7, 7, 7, 7, 7, 7])
    #expect(sode_stepper_feed_f32(stream, &observation, 3, &scores) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_stepper_feed_f32(stream, &observation, Int32(SODE_ROWS_OR_NAN), &scores) == SODE_ERR_OUT_OF_RANGE)
    #expect(sode_stepper_feed_f32(stream, nil, 0, &scores) == SODE_ERR_NULL_POINTER && sode_stepper_feed_f32(stream, &observation, 0, nil) == SODE_ERR_NULL_POINTER)
    withTensor(&observation, [4, 1]) { x in withTensor(&scores, [2, 3]) { #expect(sode_stepper_feed(stream, x, 0, $0) == SODE_ERR_SHAPE_MISMATCH) } }
    withTensor(&state, [2, 9]) { #expect(sode_stepper_get_state(stream, $0) == SODE_OK) }
    #expect(state == Array(repeating: 0, count: 18))
    withTensor(&state, [1, 18]) { #expect(sode_stepper_get_state(stream, $0) == SODE_ERR_SHAPE_MISMATCH) }
    withTensor(&scores, [2, 3]) { #expect(sode_stepper_set_state(stream, $0) == SODE_ERR_SHAPE_MISMATCH) }
    state[10] = 0.5
    withTensor(&state, [2, 9]) { #expect(sode_stepper_set_state(stream, $0) == SODE_ERR_INVALID_DATA) }
    state = [3, 1, 0, 5, 6, 0.1, 0.2, 0.3, 0.4, 3, 1, 0, 5, 6, 0.1, 0.2, 0.3, 0.4]
    withTensor(&state, [2, 9]) { #expect(sode_stepper_set_state(stream, $0) == SODE_OK) }
    sode_stepper_free(nil)
  }
}
