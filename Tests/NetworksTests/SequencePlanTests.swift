import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

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

  // Outputs at every step.

  @Test(arguments: [
    (#"{"inputs": 6, "outputs": 2, "outputs_at": "steps"}"#, ["has no option outputs_at"]),
    ("{\(rnn), \"inputs\": 6, \"outputs_at\": \"steps\", \"blocks\": [{\"layers\": 6}, {\"layers\": 6}]}", ["outputs_at is steps", "whole sequence"]),
    ("{\(rnn), \"inputs\": 6, \"outputs_at\": \"steps\", \"blocks\": [{\"layers\": 6}, {\"field\": \"dense\"}]}", ["the last block is not driven"]),
    ("{\(rnn), \"inputs\": 6, \"outputs_at\": \"steps\", \"blocks\": [{\"layers\": 6}, {\"connector\": \"activation\"}]}", ["a connector stands behind the last block"]),
    ("{\(rnn), \"inputs\": 6, \"outputs_at\": \"steps\", \"interpolation\": \"linear\", \"layers\": 12}", ["layers is 12", "a multiple of 5"]),
    ("{\(rnn), \"inputs\": 2, \"outputs_at\": \"steps\", \"interpolation\": \"linear\", \"layers\": 4, \"sequence_layout\": \"times_values\"}", ["observations have times", "sequence_layout values"]),
    ("{\(rnn), \"inputs\": 1, \"outputs_at\": \"steps\", \"interpolation\": \"linear\", \"layers\": 4}", ["has one step"]),
    ("{\(rnn), \"inputs\": 3, \"outputs_at\": \"steps\", \"interpolation\": \"linear\", \"step_sizes\": \"1,2\"}", ["step_sizes are not equal"]),
    (#"{"inputs": 6, "outputs": 2, "opening": "sequence", "field": "ode_rnn", "layers": 6, "sequence_layout": "times_values", "outputs_at": "steps"}"#, ["sequence_time is scaled", "absolute"]),
    ("{\(rnn), \"inputs\": 6, \"outputs_at\": \"steps\", \"layers\": 6, \"loss\": \"margin_cross_entropy\", \"margin_radius\": 0.1}", ["margins"]),
  ] as [(String, [String])])
  func refusesStepsThatKnowTheFuture(_ json: String, _ words: [String]) {
    let failure = refusal { _ = try NetworkPlan(try specification(json)) }
    #expect(failure?.status == .incompatible)
    for word in words { #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "accepted") lacks '\(word)'") }
  }

  /// Networks whose layers read observations, with the layers of a step, for sequences of any number of steps.
  private static let readers = [
    (json: #""opening": "sequence", "field": "antisymmetric_rnn", "integrator": "euler", "channels": 2"#, width: 2, layers: 1),
    (json: #""opening": "sequence_dense", "field": "gated_antisymmetric_rnn", "integrator": "leapfrog", "channels": 2, "sequence_layout": "times_values""#, width: 3, layers: 1),
    (json: #""opening": "sequence_dense", "field": "antisymmetric_rnn", "integrator": "rk4", "channels": 1, "sequence_layout": "times_values_mask""#, width: 3, layers: 1),
    (json: #""opening": "sequence", "field": "ode_rnn", "integrator": "heun", "channels": 1, "sequence_layout": "times_values", "sequence_time": "absolute""#, width: 2, layers: 3),
  ]

  /// Sequences with increasing times; masks are 1, but for every fifth step.
  private static func sequences(_ samples: Int, _ steps: Int, _ width: Int, _ precision: Precision) throws -> Numbers {
    let numbers = try Numbers.normal(samples * steps * width, precision, seed: 12)
    for sample in 0..<samples {
      for step in 0..<steps where width == 3 || steps > 0 {
        let start = (sample * steps + step) * width
        numbers[start] = 0.25 * Double(step) + (width == 2 ? numbers[start] * 0.01 : 0)
        if width == 3 { numbers[start + 2] = step % 5 == 3 ? 0 : 1 }
      }
    }
    return numbers
  }

  /// The scores of step i have the bits of the network that gives outputs at the end and reads the steps up to i alone.
  @Test(arguments: readers.indices, Precision.allCases) func stepsHaveTheBitsOfShorterSequences(_ index: Int, _ precision: Precision) throws {
    let (reader, steps, samples, outputs) = (Self.readers[index], 6, 19, 3)
    let inputs = try Self.sequences(samples, steps, reader.width, precision)
    // A layer has the same size and weights, however many there are.
    func make(_ count: Int, _ rest: String) throws -> Network {
      let made = try network(
        #"{\#(reader.json), "inputs": \#(count * reader.width), "outputs": \#(outputs), "width": 5, "layers": \#(count * reader.layers), "horizon": \#(0.5 * Double(count * reader.layers)), "weights_in_time": "shared", "precision": "\#(precision.name)", "seed": 5\#(rest)}"#)
      return made
    }
    let all = try make(steps, #", "outputs_at": "steps""#)
    let batch = try Numbers(samples * steps * outputs, precision)
    try Predictor(all, maximumBatch: samples, threads: 1).run(
      inputs.view(rows: samples, columns: steps * reader.width), .scores, into: batch.target(rows: samples, columns: steps * outputs), pool: nil)
    for count in 1...steps {
      let short = try make(count, "")
      let (part, out) = (try Numbers(samples * count * reader.width, precision), try Numbers(samples * outputs, precision))
      for sample in 0..<samples { for place in 0..<count * reader.width { part[sample * count * reader.width + place] = inputs[sample * steps * reader.width + place] } }
      try Predictor(short, maximumBatch: samples, threads: 1).run(part.view(rows: samples, columns: count * reader.width), .scores, into: out.target(rows: samples, columns: outputs), pool: nil)
      for sample in 0..<samples {
        let place = (sample * steps + count - 1) * outputs
        #expect(Array(batch.bits[place..<place + outputs]) == Array(out.bits[sample * outputs..<(sample + 1) * outputs]), "sample \(sample), step \(count - 1)")
      }
    }
  }

  /// Along a path the state at observation i has read the path up to it: later observations do not change its bits, and earlier ones do.
  @Test(arguments: ["linear", "hermite"], ["neural_cde", "antisymmetric_rnn"]) func pathsAreReadUpToTheStep(_ interpolation: String, _ field: String) throws {
    let (steps, outputs) = (5, 2)
    let own = try network(
      #"{"opening": "sequence_dense", "field": "\#(field)", "interpolation": "\#(interpolation)", "inputs": \#(steps), "outputs": \#(outputs), "width": 4, "layers": 12, "outputs_at": "steps", "integrator": "rk4", "precision": "float64"}"#)
    func scores(_ values: [Double]) throws -> [UInt64] {
      let (features, out) = (try Numbers(values, .float64), try Numbers(steps * outputs, .float64))
      try Predictor(own, maximumBatch: 1, threads: 1).run(features.view(rows: 1, columns: steps), .scores, into: out.target(rows: 1, columns: steps * outputs), pool: nil)
      return out.bits
    }
    let values = [0.3, -0.4, 0.9, 0.1, -0.7]
    let before = try scores(values)
    for changed in 0..<steps {
      var others = values
      others[changed] += 0.5
      let after = try scores(others)
      for step in 0..<steps {
        let range = step * outputs..<(step + 1) * outputs
        #expect((before[range] == after[range]) == (step < changed), "step \(step) after a change at \(changed)")
      }
    }
  }

  /// The state at a step without an observation is that of the step before, so that padding carries it on.
  @Test func paddedStepsCarryTheStateOn() throws {
    let own = try network(
      #"{"opening": "sequence", "field": "antisymmetric_rnn", "channels": 1, "sequence_layout": "times_values_mask", "inputs": 12, "outputs": 2, "width": 4, "layers": 4, "outputs_at": "steps", "precision": "float64"}"#)
    let (features, out) = (try Numbers([0, 0.4, 1, 1, -0.3, 1, 0, 0, 0, 0, 0, 0], .float64), try Numbers(8, .float64))
    try Predictor(own, maximumBatch: 1, threads: 1).run(features.view(rows: 1, columns: 12), .scores, into: out.target(rows: 1, columns: 8), pool: nil)
    #expect(Array(out.bits[2..<4]) == Array(out.bits[4..<6]) && Array(out.bits[2..<4]) == Array(out.bits[6..<8]) && Array(out.bits[0..<2]) != Array(out.bits[2..<4]))
  }

  /// Every driven field with every integrator that takes it keeps the contracts of derivatives with outputs at every step, some targets of which are not observed.
  @Test(arguments: Combination.pairs.filter { pair in
    let field = String(pair.split(separator: " ")[0])
    return (try? fields(field).make(FieldConfiguration(width: 4))) is any DrivenField
  }) func outputsAtStepsKeepTheContracts(_ pair: String) throws {
    for combination in Combination.of(pair) {
      for readout in ["dense", "identity"] {
        var own = try combination.specification(outputs: readout == "dense" ? 4 : 6)
        for (key, value) in [("outputs_at", "steps"), ("readout", readout), ("loss", readout == "dense" ? "softmax_cross_entropy" : "least_squares")] { try own.set(key, .text(value)) }
        let example = try DerivativeCase(own)
        let (order, defect) = (try example.taylorOrder(), try example.adjointDefect())
        #expect(order > 1.9, "order \(order): \(combination)")
        #expect(defect < (combination.precision == .float64 ? 1e-12 : 1e-5), "defect \(defect): \(combination)")
      }
    }
  }

  @Test(arguments: losses.names.filter { (try? losses.standard($0))?.marginRadius == nil }) func everyLossOfStepsHasItsGradient(_ loss: String) throws {
    for norm in ["free", "tight"] {
      let example = try DerivativeCase(try specification(
        #"{"opening": "sequence_dense", "inputs": 10, "channels": 2, "outputs": \#(loss == "logistic" ? 1 : 3), "width": 5, "layers": 5, "field": "antisymmetric_rnn", "outputs_at": "steps", "loss": "\#(loss)", "readout_norm": "\#(norm)", "precision": "float64"}"#))
      let order = try example.taylorOrder()
      #expect(order > 1.9, "order \(order), readout_norm \(norm)")
    }
  }

  /// The bits of losses, gradients and predictions depend neither on threads nor on tiles, batches or the memory policy.
  @Test(arguments: readers.indices) func stepsGiveTheSameBits(_ index: Int) throws {
    let (reader, steps) = (Self.readers[index], 7)
    let own = try network(
      #"{\#(reader.json), "inputs": \#(steps * reader.width), "outputs": 3, "width": 6, "layers": \#(steps * reader.layers), "outputs_at": "steps", "seed": 3}"#)
    let batch = try BatchCase(own, samples: 33)
    let inputs = try Self.sequences(33, steps, reader.width, .float32)
    copy(inputs.vector, into: batch.features.vector)
    let one = try batch.lossGradient()
    for threads in [2, 3] {
      let several = try batch.lossGradient(threads: threads)
      #expect(several.result == one.result && several.gradient?.bits == one.gradient?.bits)
    }
    let layers = own.plan.blocks[0].layers
    for policy in [StoreEvery(2), StoreEvery(layers), try Binomial(checkpoints: 2), try Binomial(checkpoints: 0, memoryLimit: 200_000)] as [any MemoryPolicy] {
      let recomputed = try batch.lossGradient(memory: policy)
      #expect(recomputed.result == one.result && recomputed.gradient?.bits == one.gradient?.bits, "\(policy)")
    }
    if own.plan.blocks[0].integrator.isReversible {
      let reversed = try #require(try batch.lossGradient(memory: Reversible()).gradient)
      let exact = try #require(one.gradient)
      #expect(norm(zip(reversed.values, exact.values).map { $0 - $1 }) < 1e-4 * norm(exact.values))
    }
    let scores = try batch.predict().bits
    let width = own.plan.scoreCount
    for sample in [0, 16, 32] { #expect(try batch.predict(range: sample..<sample + 1).bits == Array(scores[width * sample..<width * (sample + 1)])) }
    let classes = try batch.predict(.classes).values
    #expect(classes.count == 33 * steps && Set(classes).isSubset(of: [0, 1, 2]))
    let probabilities = try batch.predict(.probabilities).values
    for start in stride(from: 0, to: probabilities.count, by: 3) { #expect(abs(probabilities[start..<start + 3].reduce(0, +) - 1) < 1e-5) }
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
