import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct StepperTests {
  private static func text(_ options: String, steps: Int, channels: Int = 2, layers: Int? = nil, layout: String = "values", precision: Precision = .float64) -> String {
    let stepWidth = ["values": channels, "times_values": 1 + channels, "times_values_mask": 1 + 2 * channels][layout] ?? 0
    return #"{"opening": "sequence", "channels": \#(channels), "sequence_layout": "\#(layout)", "inputs": \#(steps * stepWidth), "outputs": 3, "width": 6, "layers": \#(layers ?? steps), "horizon": 2.0, "#
      + #""precision": "\#(precision.name)", "seed": 4, \#(options)}"#
  }

  /// Feeds all steps of samples × inputs and gives the last scores.
  private func feed(_ stepper: Stepper, _ features: Numbers, steps: Int) throws -> [Double] {
    let precision = features.vector.precision
    let (type, width, outputs) = (ElementType(precision), stepper.stepWidth, stepper.plan.outputs)
    let out = try Numbers(stepper.rows * outputs, precision)
    for step in 0..<steps {
      let observation = TensorView(
        features.vector.base + step * width * precision.byteCount, type: type, rows: stepper.rows, columns: width, rowStride: steps * width, columnStride: 1)
      try stepper.feed(observation, .scores, into: MutableTensorView(out.vector.base, type: type, rows: stepper.rows, columns: outputs))
    }
    return out.values
  }

  private func whole(_ network: Network, _ features: Numbers, samples: Int) throws -> [Double] {
    let precision = features.vector.precision
    let out = try Numbers(samples * network.plan.outputs, precision)
    try Predictor(network, maximumBatch: samples, threads: 1).run(
      TensorView(features.vector.base, type: ElementType(precision), rows: samples, columns: network.plan.inputs), .scores,
      into: MutableTensorView(out.vector.base, type: ElementType(precision), rows: samples, columns: network.plan.outputs), pool: nil)
    return out.values
  }

  /// After the last step the scores are those of the whole sequence, alone and side by side.
  @Test(
    arguments: [
      (#""field": "antisymmetric_rnn""#, 5, nil), (#""field": "gated_antisymmetric_rnn", "integrator": "rk4""#, 5, nil), (#""field": "gated_antisymmetric_rnn", "integrator": "adams_bashforth3""#, 5, nil),
      (#""field": "ode_rnn", "integrator": "heun""#, 5, 15), (#""field": "antisymmetric_rnn", "integrator": "leapfrog", "weights_in_time": "piecewise_linear""#, 5, nil),
      (#""field": "antisymmetric_rnn", "integrator": "backward_euler""#, 3, nil), (#""field": "antisymmetric_rnn", "integrator": "linear_multistep""#, 5, nil),
    ] as [(String, Int, Int?)], Precision.allCases)
  func theLastScoresAreThoseOfTheSequence(_ network: (options: String, steps: Int, layers: Int?), _ precision: Precision) throws {
    let made = try TestSupport.network(Self.text(network.options, steps: network.steps, layers: network.layers, precision: precision))
    let features = try Numbers.normal(17 * made.plan.inputs, precision, seed: 3)
    let expected = try whole(made, features, samples: 17)
    #expect(try feed(try Stepper(made, rows: 17), features, steps: network.steps) == expected)
    #expect(try feed(try Stepper(made, rows: 1), features, steps: network.steps) == Array(expected[..<3]))
  }

  /// Layers with weights of their own bound a stream, and so do unequal steps; layers that share them do not.
  @Test(
    arguments: [
      (#""field": "antisymmetric_rnn""#, 4), (#""field": "antisymmetric_rnn", "weights_in_time": "shared""#, nil), (#""field": "antisymmetric_rnn", "weights_in_time": "piecewise_constant""#, 4),
      (#""field": "antisymmetric_rnn", "weights_in_time": "shared", "integrator": "linear_multistep""#, 4),
      (#""field": "gated_antisymmetric_rnn", "weights_in_time": "shared", "integrator": "adams_bashforth2""#, nil),
    ] as [(String, Int?)]) func whereStreamsEnd(_ options: String, _ most: Int?) throws {
    let made = try network(Self.text(options, steps: 4))
    let stepper = try Stepper(made, rows: 2)
    #expect(stepper.mostObservations == most)
    let features = try Numbers.normal(2 * made.plan.inputs, .float64, seed: 5)
    _ = try feed(stepper, features, steps: 4)
    let failure = refusal { _ = try feed(stepper, features, steps: 4) }
    #expect(failure?.status == (most == nil ? nil : .state))
    #expect(stepper.observations == (most ?? 8))
    stepper.reset()
    #expect(stepper.observations == 0)
  }

  /// A state goes into another stepper, bit for bit.
  @Test(arguments: Precision.allCases) func statesGoOnElsewhere(_ precision: Precision) throws {
    let made = try network(Self.text(#""field": "ode_rnn", "sequence_time": "absolute""#, steps: 4, layers: 8, layout: "times_values", precision: precision))
    let (one, other) = (try Stepper(made, rows: 2), try Stepper(made, rows: 2))
    let features = try Numbers.normal(2 * made.plan.inputs, precision, seed: 7)
    for sample in 0..<2 { for step in 0..<4 { features[(4 * sample + step) * 3] = 0.4 * Double(step) } }
    _ = try feed(one, features, steps: 4)
    let (state, again) = (try Numbers(2 * one.stateWidth, .float64), try Numbers(2 * one.stateWidth, .float64))
    one.state(into: state.vector)
    try other.setState(state.vector)
    other.state(into: again.vector)
    #expect(state.values == again.values && state[0] == 4 && other.observations == 4)
    for (place, number) in [(0, -1.0), (0, 5), (0, .nan), (one.stateWidth, 3), (1, 2)] {
      let wrong = try Numbers(state.values, .float64)
      wrong[place] = number
      #expect(refusal { try other.setState(wrong.vector) }?.status == .invalidData)
    }
  }
}
