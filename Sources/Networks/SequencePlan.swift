import Gradients
import LinearAlgebra
import Settings
import VectorFields

/// The options of scope "network" for inputs that are sequences.
package let sequenceOptions: [OptionDescription] = [
  OptionDescription("channels", .integer(1...1_000_000), default: .integer(1), unit: "features", "numbers in one observation of a sequence, or in the state of a trajectory"),
  OptionDescription(
    "sequence_layout", .choice(["values", "times_values", "times_values_mask"]), default: .text("values"),
    "what the inputs hold for each step of a sequence. values: the observation; times_values: the time, then the observation; times_values_mask: also one number for each channel, 1 if it was observed and 0 if not, where steps of zeros at the end are padding"),
  OptionDescription(
    "sequence_time", .choice(SequenceTime.allCases.map(\.rawValue)), default: .text("scaled"), automatic: true,
    "scaled: the time from a sample's first to its last observation is mapped onto the block's time from 0 to the horizon; absolute: observation times are the block's times; intervals: each sample advances by its own intervals, in k layers from an observation to the next one. Automatic: intervals with opening trajectory, otherwise scaled"),
  OptionDescription(
    "interpolation", .choice(["none", "linear", "hermite"]), default: .text("none"),
    "how layers read a sequence. none: each layer reads one observation; linear, hermite: the layers, of any number, read a path through the observations, which is piecewise linear, or cubic with backward differences as slopes"),
  OptionDescription(
    "outputs_at", .choice(["end", "steps"]), default: .text("end"),
    "where the readout reads the state. end: at the end of the sequence; steps: at each step, with the same weights, so that a sample has steps times outputs scores, step by step; those of a step depend on the observations up to it"),
  OptionDescription(
    "known_terms", .flag, default: .flag(false),
    "whether the equation has known terms, dy/dt = f(y) + g(t, y) with a function g of yours, so that the network learns f. The function is not stored with a model (sode_network_set_known_terms)"),
]

/// Those of them that trajectories have, and those that sequences have.
private let trajectoryOptions = sequenceOptions.filter { ["channels", "sequence_time", "outputs_at", "known_terms"].contains($0.key) }
private let observationOptions = sequenceOptions.filter { $0.key != "known_terms" }

/// How the times of a sample pass in a block.
enum SequenceTime: String, CaseIterable, Sendable {
  case scaled, absolute, intervals
}

func isSequenceOption(_ key: String) -> Bool { sequenceOptions.contains { $0.key == key } }

extension Opening {
  /// The options of sequences that it has.
  package var sequenceOptions: [OptionDescription] {
    switch self {
    case .zeroPadding, .dense: []
    case .sequence, .sequenceDense: observationOptions
    case .trajectory: trajectoryOptions
    }
  }
}

/// How the inputs of a network hold sequences or trajectories, and how its blocks read them.
package struct SequencePlan: Sendable {
  package let format: SequenceFormat
  package let interpolation: PathInterpolation
  let time: SequenceTime
  /// The sampling that reads the first observation.
  let beginning: PathSampling
  /// Whether there are outputs at every step.
  package let hasOutputsAtSteps: Bool

  package var isScaled: Bool { time == .scaled }
  /// Whether samples are a first state and times, instead of observations.
  package var isTrajectory: Bool { format.layout == .stateAndTimes }

  /// nil for an opening that takes plain features.
  ///
  /// - Throws: `.incompatible` if options of sequences are set for an opening without them, or sizes do not go together.
  init?(_ network: OptionValues, _ opening: Opening, inputs: Int) throws(Failure) {
    for option in sequenceOptions where network.isSet(option.key) && !opening.sequenceOptions.contains(where: { $0.key == option.key }) {
      let takers = openings.entries.filter { $0.entry.sequenceOptions.contains { $0.key == option.key } }.map(\.name)
      throw Failure(.incompatible, "opening \(try network.text("opening")) has no option \(option.key); it belongs to the openings \(enumeration(takers))")
    }
    guard opening.takesSequences else { return nil }
    let interpolations: [String: PathInterpolation] = ["none": .none, "linear": .linear, "hermite": .hermite]
    guard let time = SequenceTime(rawValue: try network.text("sequence_time")), let interpolation = interpolations[try network.text("interpolation")] else {
      throw Failure(.internal, "an option of sequences has a value that its list does not hold")
    }
    (self.time, self.interpolation) = (time, interpolation)
    format = opening == .trajectory ? try Self.trajectory(network, inputs) : try Self.sequence(network, inputs)
    hasOutputsAtSteps = try network.text("outputs_at") == "steps"
    // A channel's first observation may come after a step with an output, which must not know of it.
    beginning = try PathSampling(beginningOf: format, readsFirstStepAlone: hasOutputsAtSteps)
    switch (time, opening, format.layout) {
    case (.scaled, .trajectory, _), (.absolute, .trajectory, _):
      throw Failure(.incompatible, "sequence_time is \(time.rawValue), but the states of opening trajectory advance by each sample's own intervals; leave sequence_time out or set it to intervals")
    case (.absolute, _, .values), (.intervals, _, .values):
      throw Failure(.incompatible, "sequence_time is \(time.rawValue), but sequence_layout values has no times; use times_values or times_values_mask")
    default: break
    }
    guard time != .intervals || interpolation == .none else {
      throw Failure(
        .incompatible, "interpolation is \(interpolation), but with sequence_time intervals a layer reads the observation at the end of its interval; interpolation must be none")
    }
  }

  private static func sequence(_ network: OptionValues, _ inputs: Int) throws(Failure) -> SequenceFormat {
    let layouts: [String: SequenceFormat.Layout] = ["values": .values, "times_values": .timesAndValues, "times_values_mask": .timesValuesAndMasks]
    let (name, channels) = (try network.text("sequence_layout"), try network.integer("channels"))
    guard let layout = layouts[name] else { throw Failure(.internal, "sequence_layout has a value that its list does not hold") }
    let stepWidth = SequenceFormat.stepWidth(layout, channels: channels)
    guard inputs.isMultiple(of: stepWidth) else {
      throw Failure(
        .incompatible, "inputs is \(inputs), but with channels \(channels) and sequence_layout \(name) a step has \(stepWidth) features; inputs must be steps times that")
    }
    return SequenceFormat(layout, steps: inputs / stepWidth, channels: channels)
  }

  private static func trajectory(_ network: OptionValues, _ inputs: Int) throws(Failure) -> SequenceFormat {
    let channels = try network.integer("channels")
    guard inputs >= channels + 2 else {
      throw Failure(
        .incompatible,
        "inputs is \(inputs), but with channels \(channels) a trajectory has \(channels) number\(channels == 1 ? "" : "s") of the first state and then at least 2 times; inputs must be channels plus the number of times")
    }
    return SequenceFormat(.stateAndTimes, steps: inputs - channels, channels: channels)
  }

  /// What driven fields must know: with padding, a step may lie outside a sample's observations, and with absolute times, a layer may. Where samples have times of their own, no time passes there.
  var configuration: DriveConfiguration {
    DriveConfiguration(
      channels: format.channels, hasPresence: time != .intervals && (interpolation == .none ? format.layout == .timesValuesAndMasks : !isScaled))
  }

  /// The number of intervals of their own by which samples advance in a block of this field; nil if they do not.
  func ownIntervals(_ field: any VectorField) -> Int? { time == .intervals && (isTrajectory || field is any DrivenField) ? max(1, format.steps - 1) : nil }

  /// The drive of each block; nil for a block without one.
  ///
  /// - Throws: `.incompatible` for sequences without a driven field or a driven field without sequences, and if layers and interpolation do not go together.
  static func drives(of blocks: [ODEBlock], _ specification: NetworkSpecification, _ sequence: SequencePlan?) throws(Failure) -> [BlockDrive?] {
    var drives: [BlockDrive?] = []
    let opening = try specification.network.text("opening")
    for (block, options) in zip(blocks, specification.blocks) {
      let name = try options.text("field")
      let driven = block.equation as? any DrivenField
      if driven != nil, sequence?.isTrajectory ?? true {
        throw Failure(
          .incompatible,
          "field \(name) is driven by sequences; opening is \(opening), it must be sequence or sequence_dense")
      }
      guard let sequence, driven != nil || sequence.isTrajectory else {
        drives.append(nil)
        continue
      }
      drives.append(try sequence.drive(of: block, driven, name))
    }
    if sequence != nil, drives.allSatisfy({ $0 == nil }) {
      throw Failure(.incompatible, "opening \(opening) drives blocks by sequences, but no block has a driven field: \(drivenFields.joined(separator: ", "))")
    }
    return drives
  }

  /// The states of the last block that end the steps of a sequence; nil for outputs at the end alone.
  ///
  /// The state at observation i has read the sequence up to observation i. With interpolation none a step ends with the layers that read it. On a path the observations lie at equal distances, the first one at the beginning.
  /// - Throws: `.incompatible` where a state would depend on later observations, or where no state lies at each observation.
  static func outputStates(of blocks: [ODEBlock], _ specification: NetworkSpecification, _ sequence: SequencePlan?, _ drives: [BlockDrive?]) throws(Failure) -> StepStates? {
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
    // The layers of an interval end at the observation after it.
    if sequence.time == .intervals { return StepStates(first: 0, every: layers / max(1, steps - 1), count: steps) }
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

  private func drive(of block: ODEBlock, _ field: (any DrivenField)?, _ name: String) throws(Failure) -> BlockDrive {
    if time == .intervals { return try ownTimes(of: block, field, name) }
    guard let field else { throw Failure(.internal, "a drive without a driven field") }
    return BlockDrive(sampling: try sampling(of: block, field, name), times: nil)
  }

  /// Each layer advances by its share of a sample's interval; a driven field reads the observation at the interval's end.
  private func ownTimes(of block: ODEBlock, _ field: (any DrivenField)?, _ name: String) throws(Failure) -> BlockDrive {
    let rates = try IntervalRates(block, format)
    guard let field else { return BlockDrive(sampling: nil, times: rates, hasBeginnings: block.equation is KnownTermsField) }
    guard field.driveForm == .value else {
      throw Failure(
        .incompatible,
        field.driveForm == .events
          ? "field \(name) flows over each sample's own intervals with sequence_time absolute, which it takes; set that"
          : "field \(name) reads the derivative of a path, whose integral does not depend on how time passes; set sequence_time to scaled or absolute")
    }
    // The row before the channels, which else says whether there is an observation, becomes that of the rates.
    let sampling = try PathSampling(
      format, .none, .value, hasPresence: true, isScaled: false, layers: rates.count, times: { Double($0) }, nodes: [0], stepOfLayer: { $0 + 1 })
    return BlockDrive(sampling: sampling, times: rates)
  }

  private func sampling(of block: ODEBlock, _ field: any DrivenField, _ name: String) throws(Failure) -> PathSampling {
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
    let allowsJumps = drives.allSatisfy { $0?.sampling?.form != .derivative }
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
