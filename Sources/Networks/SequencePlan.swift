import Gradients
import LinearAlgebra
import Settings
import VectorFields

/// The options of scope "network" for inputs that are sequences.
package let sequenceOptions: [OptionDescription] = [
  OptionDescription("channels", .integer(1...1_000_000), default: .integer(1), unit: "features", "numbers in one observation of a sequence"),
  OptionDescription(
    "sequence_layout", .choice(["values", "times_values", "times_values_mask"]), default: .text("values"),
    "what the inputs hold for each step of a sequence. values: the observation; times_values: the time, then the observation; times_values_mask: also one number for each channel, 1 if it was observed and 0 if not, where steps of zeros at the end are padding"),
  OptionDescription(
    "sequence_time", .choice(["scaled", "absolute"]), default: .text("scaled"), "scaled: the time from a sample's first to its last observation is mapped onto the block's time from 0 to the horizon; absolute: observation times are the block's times"),
  OptionDescription(
    "interpolation", .choice(["none", "linear", "hermite"]), default: .text("none"),
    "how layers read a sequence. none: each layer reads one observation; linear, hermite: the layers, of any number, read a path through the observations, which is piecewise linear, or cubic with backward differences as slopes"),
  OptionDescription(
    "outputs_at", .choice(["end", "steps"]), default: .text("end"),
    "where the readout reads the state. end: at the end of the sequence; steps: at each step, with the same weights, so that a sample has steps times outputs scores, step by step; those of a step depend on the observations up to it"),
]

func isSequenceOption(_ key: String) -> Bool { sequenceOptions.contains { $0.key == key } }

/// How the inputs of a network hold sequences, and how its driven blocks read them.
package struct SequencePlan: Sendable {
  package let format: SequenceFormat
  package let interpolation: PathInterpolation
  package let isScaled: Bool
  /// The sampling that reads the first observation.
  let beginning: PathSampling
  /// Whether there are outputs at every step.
  package let hasOutputsAtSteps: Bool

  /// nil for an opening that takes plain features.
  ///
  /// - Throws: `.incompatible` if options of sequences are set for an opening without sequences, or sizes do not go together.
  init?(_ network: OptionValues, _ opening: Opening, inputs: Int) throws(Failure) {
    guard opening.takesSequences else {
      for option in sequenceOptions where network.isSet(option.key) {
        throw Failure(.incompatible, "opening \(try network.text("opening")) has no option \(option.key); it belongs to the openings sequence and sequence_dense")
      }
      return nil
    }
    let layouts: [String: SequenceFormat.Layout] = ["values": .values, "times_values": .timesAndValues, "times_values_mask": .timesValuesAndMasks]
    let interpolations: [String: PathInterpolation] = ["none": .none, "linear": .linear, "hermite": .hermite]
    let (name, channels) = (try network.text("sequence_layout"), try network.integer("channels"))
    guard let layout = layouts[name], let interpolation = interpolations[try network.text("interpolation")] else {
      throw Failure(.internal, "an option of sequences has a value that its list does not hold")
    }
    let stepWidth = SequenceFormat.stepWidth(layout, channels: channels)
    guard inputs.isMultiple(of: stepWidth) else {
      throw Failure(
        .incompatible, "inputs is \(inputs), but with channels \(channels) and sequence_layout \(name) a step has \(stepWidth) features; inputs must be steps times that")
    }
    isScaled = try network.text("sequence_time") == "scaled"
    guard isScaled || layout != .values else {
      throw Failure(.incompatible, "sequence_time is absolute, but sequence_layout values has no times; use times_values or times_values_mask")
    }
    self.interpolation = interpolation
    format = SequenceFormat(layout, steps: inputs / stepWidth, channels: channels)
    hasOutputsAtSteps = try network.text("outputs_at") == "steps"
    // A channel's first observation may come after a step with an output, which must not know of it.
    beginning = try PathSampling(beginningOf: format, readsFirstStepAlone: hasOutputsAtSteps)
  }

  /// What driven fields must know: with padding, a step may lie outside a sample's observations, and with absolute times, a layer may.
  var configuration: DriveConfiguration {
    DriveConfiguration(channels: format.channels, hasPresence: interpolation == .none ? format.layout == .timesValuesAndMasks : !isScaled)
  }

  /// The points at which each block reads its drive; nil for a block without one.
  ///
  /// - Throws: `.incompatible` for sequences without a driven field or a driven field without sequences, and if layers and interpolation do not go together.
  static func drives(of blocks: [ODEBlock], _ specification: NetworkSpecification, _ sequence: SequencePlan?) throws(Failure) -> [PathSampling?] {
    var drives: [PathSampling?] = []
    for (block, options) in zip(blocks, specification.blocks) {
      guard let driven = block.plainField as? any DrivenField else {
        drives.append(nil)
        continue
      }
      let name = try options.text("field")
      guard let sequence else {
        throw Failure(
          .incompatible, "field \(name) is driven by sequences; opening is \(try specification.network.text("opening")), it must be sequence or sequence_dense")
      }
      drives.append(try sequence.drive(of: block, driven, name))
    }
    if sequence != nil, drives.allSatisfy({ $0 == nil }) {
      throw Failure(
        .incompatible, "opening \(try specification.network.text("opening")) drives blocks by sequences, but no block has a driven field: \(drivenFields.joined(separator: ", "))")
    }
    return drives
  }

  /// The states of the last block that end the steps of a sequence; nil for outputs at the end alone.
  ///
  /// The state at observation i has read the sequence up to observation i. With interpolation none a step ends with the layers that read it. On a path the observations lie at equal distances, the first one at the beginning.
  /// - Throws: `.incompatible` where a state would depend on later observations, or where no state lies at each observation.
  static func outputStates(of blocks: [ODEBlock], _ specification: NetworkSpecification, _ sequence: SequencePlan?, _ drives: [PathSampling?]) throws(Failure) -> StepStates? {
    guard let sequence, sequence.hasOutputsAtSteps, let block = blocks.last else { return nil }
    let (steps, layers) = (sequence.format.steps, block.layers)
    func refused(_ reason: String) -> Failure { Failure(.incompatible, "outputs_at is steps, but \(reason)") }
    guard specification.connectors[blocks.count].isEmpty else {
      throw refused("a connector stands behind the last block; the readout, which reads each step's state, must follow the last block itself")
    }
    guard drives[blocks.count - 1] != nil else { throw refused("the last block is not driven by the sequence; its field must be one of \(drivenFields.joined(separator: ", "))") }
    guard drives.dropLast().allSatisfy({ $0 == nil }) else {
      throw refused("a block before the last one is driven too, and its final state, with which the last block begins, has read the whole sequence; only the last block may be driven")
    }
    guard sequence.interpolation == .none else {
      guard sequence.format.layout == .values else {
        throw refused("interpolation is \(sequence.interpolation) and observations have times, at which no layer of all samples ends; take sequence_layout values, whose observations lie at equal distances, or interpolation none")
      }
      guard steps > 1, layers.isMultiple(of: steps - 1), block.grid.isUniform else {
        throw refused(
          steps < 2 ? "a sample has one step, through which interpolation \(sequence.interpolation) lays no path"
            : block.grid.isUniform ? "layers is \(layers); a sample has \(steps) steps, between which lie \(steps - 1) intervals, and interpolation \(sequence.interpolation) needs the same number of layers for each: a multiple of \(steps - 1)"
            : "step_sizes are not equal; with interpolation \(sequence.interpolation) layers end at the observations, which lie at equal distances")
      }
      return StepStates(first: 0, every: layers / (steps - 1), count: steps)
    }
    if (block.plainField as? any DrivenField)?.driveForm == .events, sequence.isScaled, sequence.format.layout != .values {
      throw refused("sequence_time is scaled, which measures times by a sample's last one, so that every state would depend on it; set sequence_time to absolute")
    }
    return StepStates(first: layers / steps, every: layers / steps, count: steps)
  }

  private static var drivenFields: [String] {
    fields.entries.filter { entry in (try? entry.entry.make(FieldConfiguration(width: 2))).map { $0 is any DrivenField } ?? false }.map(\.name)
  }

  private func drive(of block: ODEBlock, _ field: any DrivenField, _ name: String) throws(Failure) -> PathSampling {
    let (steps, layers) = (format.steps, block.layers)
    var evolutions = 0
    switch field.driveForm {
    case .value:
      guard interpolation != .none || layers == steps else {
        throw Failure(
          .incompatible, "layers is \(layers), but a sample has \(steps) steps; with interpolation none a layer reads a step (linear and hermite take any number of layers)")
      }
    case .derivative:
      guard interpolation != .none else {
        throw Failure(.incompatible, "interpolation is none, but field \(name) reads the derivative of a path; it must be linear or hermite")
      }
    case .events:
      guard interpolation == .none else {
        throw Failure(.incompatible, "interpolation is \(interpolation), but field \(name) reads the observations themselves; it must be none")
      }
      guard block.integrator.nodes.first == 0, block.integrator.fieldCount == 1, block.stateWidth == field.stateWidth else {
        throw Failure(
          .incompatible, "field \(name) updates its state at once at an observation; it needs an explicit one-step integrator of one field, such as euler, heun or rk4")
      }
      evolutions = layers / steps - 1
      guard evolutions > 0, layers.isMultiple(of: steps) else {
        throw Failure(
          .incompatible, "layers is \(layers), but a sample has \(steps) steps; field \(name) takes \(steps)·(k + 1) layers: k > 0 of the flow, then the observation")
      }
    }
    return try PathSampling(
      format, interpolation, field.driveForm, hasPresence: field.driveForm == .value && configuration.hasPresence, isScaled: isScaled,
      layers: layers, times: block.grid.time, nodes: block.integrator.nodes, evolutions: evolutions)
  }
}

extension NetworkPlan {
  /// The first row that is no valid sequence, or whose path jumps in a channel although a field reads its derivative.
  func sequenceFault(_ features: TensorView, firstRow: Int, called name: StaticString) -> IntakeFault? {
    let allowsJumps = drives.allSatisfy { $0?.form != .derivative }
    guard let sequence, let place = firstSequenceFault(features, sequence.format, precision: precision, isScaled: sequence.isScaled, allowsJumps: allowsJumps) else { return nil }
    let fault =
      switch place.fault {
      case .time(let before, let here): "the time is \(here), before that of the last observation, \(before); times must not decrease"
      case .mask(let mask): "a mask is \(mask); it must be 1 for observed or 0 for not"
      case .jump(let channel, let before, let here):
        "channel \(channel) is observed at time \(here) and, a step before, at time \(before)\(before == here ? "" : ", which are one time in \(precision.name)"); "
          + "a path with two values at one time has no derivative, which neural_cde reads: give such observations one value, or times that differ"
      }
    return IntakeFault(row: place.sample, failure: Failure(.invalidData, "\(name): row \(firstRow + place.sample), step \(place.step): \(fault)"))
  }
}
