import Networks
import Settings
import TestSupport
import Testing

@Suite struct StreamFormTests {
  /// Networks whose results depend on later observations are refused with the reason.
  @Test(
    arguments: [
      (#"{"inputs": 4, "outputs": 2}"#, "takes no sequences"),
      (#"{"opening": "sequence", "inputs": 8, "channels": 2, "outputs": 2, "width": 4, "layers": 4, "field": "neural_cde", "interpolation": "linear"}"#, "interpolation is linear"),
      (#"{"opening": "sequence", "inputs": 8, "channels": 2, "outputs": 2, "width": 4, "layers": 7, "field": "gated_antisymmetric_rnn", "interpolation": "hermite"}"#, "interpolation is hermite"),
      (#"{"opening": "sequence", "inputs": 12, "channels": 2, "sequence_layout": "times_values", "outputs": 2, "width": 4, "layers": 8, "field": "ode_rnn"}"#, "sequence_time is scaled"),
      (#"{"opening": "sequence", "inputs": 8, "channels": 2, "outputs": 2, "width": 4, "layers": 4, "blocks": [{"field": "antisymmetric_rnn"}, {"field": "antisymmetric_rnn"}]}"#, "blocks 0 and 1"),
    ]) func readersAheadAreRefused(_ json: String, _ words: String) throws {
    let made = try network(json)
    let failure = refusal { _ = try Stepper(made, rows: 1) }
    #expect(failure?.status == .incompatible && failure?.message.contains(words) == true, "\(failure?.message ?? "accepted")")
  }

  /// Without times the time between observations comes from the number of steps; one step has none.
  @Test func oneStepWithoutTimes() throws {
    let made = try network(#"{"opening": "sequence", "inputs": 2, "channels": 2, "outputs": 2, "width": 4, "layers": 2, "field": "ode_rnn", "weights_in_time": "shared"}"#)
    #expect(try Stepper(made, rows: 1).mostObservations == 1)
    let two = try network(#"{"opening": "sequence", "inputs": 4, "channels": 2, "outputs": 2, "width": 4, "layers": 4, "field": "ode_rnn", "weights_in_time": "shared"}"#)
    #expect(try Stepper(two, rows: 1).mostObservations == nil)
  }
}
