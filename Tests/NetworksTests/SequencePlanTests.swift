import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct SequencePlanTests {
  private static let rnn = #""opening": "sequence", "width": 4, "outputs": 2, "field": "antisymmetric_rnn""#

  /// Options that cannot be combined are refused with the reason.
  @Test(arguments: [
    (#"{"inputs": 6, "outputs": 2, "channels": 3}"#, ["has no option channels", "sequence_dense"]),
    (#"{"inputs": 6, "outputs": 2, "layers": 3, "field": "antisymmetric_rnn"}"#, ["antisymmetric_rnn", "driven by sequences", "zero_padding"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "dense"}"#, ["no block has a driven field", "antisymmetric_rnn", "neural_cde", "ode_rnn"]),
    ("{\(rnn), \"inputs\": 7, \"channels\": 3}", ["inputs is 7", "channels 3", "a step has 3 features"]),
    ("{\(rnn), \"inputs\": 30, \"channels\": 3, \"sequence_layout\": \"times_values_mask\", \"layers\": 4}", ["inputs is 30", "a step has 7 features"]),
    ("{\(rnn), \"inputs\": 6, \"channels\": 3, \"layers\": 3}", ["layers is 3", "2 steps", "interpolation none"]),
    ("{\(rnn), \"inputs\": 6, \"channels\": 3, \"sequence_time\": \"absolute\", \"layers\": 2}", ["absolute", "no times"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "neural_cde", "channels": 2}"#, ["interpolation is none", "neural_cde", "linear or hermite"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "ode_rnn", "channels": 2, "interpolation": "linear"}"#, ["interpolation is linear", "ode_rnn", "none"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "ode_rnn", "channels": 2, "layers": 3}"#, ["layers is 3", "3 steps", "3·(k + 1)"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "ode_rnn", "channels": 2, "layers": 7}"#, ["layers is 7", "3·(k + 1)"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "ode_rnn", "channels": 2, "layers": 6, "integrator": "adams_bashforth2"}"#, ["ode_rnn", "one-step"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "ode_rnn", "channels": 2, "layers": 6, "integrator": "backward_euler"}"#, ["ode_rnn", "explicit"]),
  ] as [(String, [String])])
  func refusesWithTheReason(_ json: String, _ words: [String]) {
    let failure = refusal { _ = try NetworkPlan(try specification(json)) }
    #expect(failure?.status == .incompatible)
    for word in words { #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "accepted") lacks '\(word)'") }
  }

  @Test func tensorsAreThoseOfThePaper() throws {
    let plan = try NetworkPlan(try specification(
      #"{"opening": "sequence_dense", "inputs": 12, "channels": 3, "width": 5, "outputs": 2, "field": "antisymmetric_rnn", "layers": 4, "weights_in_time": "shared"}"#))
    #expect(plan.tensors.map(\.name) == ["opening.W", "opening.b", "blocks.0.W", "blocks.0.V", "blocks.0.b", "readout.W", "readout.b"])
    #expect(plan.tensors.map(\.shape) == [[5, 3], [5], [1, 5, 5], [1, 5, 3], [1, 5], [2, 5], [2]])
    #expect(plan.sequence?.format == SequenceFormat(.values, steps: 4, channels: 3))
    #expect(plan.drives.map { $0?.rows } == [12])
  }

  /// Reading the written text gives the same network; options of sequences are written only for sequences.
  @Test func specificationsKeepTheirSequences() throws {
    let text = #"{"opening": "sequence", "inputs": 15, "channels": 2, "width": 5, "outputs": 2, "field": "neural_cde", "layers": 7, "sequence_layout": "times_values_mask", "interpolation": "hermite", "sequence_time": "absolute"}"#
    let written = try specification(text).json
    let plan = try NetworkPlan(try NetworkSpecification(json: written))
    #expect(plan.sequence?.format == SequenceFormat(.timesValuesAndMasks, steps: 3, channels: 2))
    #expect(plan.sequence?.interpolation == .hermite && plan.sequence?.isScaled == false)
    let plain = try specification(#"{"inputs": 3, "outputs": 2}"#).json
    #expect(plain["channels"] == nil && plain["interpolation"] == nil)
    #expect(try NetworkPlan(try NetworkSpecification(json: plain)).sequence == nil)
  }

  /// Two values of a channel at one time are a jump. The derivative of a path cannot represent it and refuses it; the values of a path contain it, and for events they are two events.
  @Test func jumpsAreRefusedWhereDerivativesAreRead() throws {
    let twice = try Numbers([0, 1, 1, 2, 2, 3] + [0, 1, 1, 2, 1, 3], .float64)
    func failure(_ rest: String) throws -> Failure? {
      let plan = try NetworkPlan(try specification(#"{"inputs": 6, "sequence_layout": "times_values", "opening": "sequence", "outputs": 2, "width": 2, \#(rest)}"#))
      return refusal { try plan.checkIntake(twice.view(rows: 2, columns: 6), nil, called: "features") }
    }
    for interpolation in ["linear", "hermite"] {
      let jump = try failure(#""field": "neural_cde", "interpolation": "\#(interpolation)""#)
      #expect(jump?.status == .invalidData)
      for word in ["features: row 1, step 2", "channel 0", "time 1.0"] { #expect(jump?.message.contains(word) == true, "\(jump?.message ?? "accepted") lacks \(word)") }
      #expect(try failure(#""field": "antisymmetric_rnn", "interpolation": "\#(interpolation)""#) == nil)
    }
    #expect(try failure(#""field": "ode_rnn", "layers": 6"#) == nil)
  }

  @Test func unsoundSequencesAreNamed() throws {
    let plan = try NetworkPlan(try specification(
      "{\(Self.rnn), \"inputs\": 6, \"sequence_layout\": \"times_values_mask\", \"layers\": 2}"))
    let decreasing = try Numbers([0, 1, 1, 1, 1, 1] + [3, 1, 1, 2, 1, 1], .float64)
    let failure = refusal { try plan.checkIntake(decreasing.view(rows: 2, columns: 6), nil, called: "features") }
    #expect(failure?.status == .invalidData)
    for word in ["features", "row 1", "step 1", "2.0", "3.0"] { #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "")") }
    let halfMask = try Numbers([0, 1, 1, 1, 1, 0.5], .float64)
    #expect(refusal { try plan.checkIntake(halfMask.view(rows: 1, columns: 6), nil, called: "x") }?.message.contains("0.5") == true)
    // Padding may have any time.
    try plan.checkIntake(try Numbers([3, 1, 1, 2, 0, 0], .float64).view(rows: 1, columns: 6), nil, called: "x")
  }
}
