import Gradients
import LinearAlgebra
import Settings

/// How a network reads sequences that arrive one observation at a time.
struct StreamForm {
  let format: SequenceFormat
  /// The driven block, its stage, and the points at which it reads.
  let block: Int
  let stage: Int
  let sampling: PathSampling
  /// Why a stream has no more observations than the network has steps; nil if it may have any number.
  let end: StreamEnd?

  /// - Throws: `.incompatible`, with the reason, for a network whose result after some observations depends on later ones.
  init(_ plan: NetworkPlan, _ normalization: Normalization?) throws(Failure) {
    let network = plan.specification.network
    guard let sequence = plan.sequence else {
      throw Failure(.incompatible, "opening \(try network.text("opening")) takes no sequences; a stepper needs sequence or sequence_dense")
    }
    let time = try network.text("sequence_time")
    guard ["scaled", "absolute"].contains(time) else { throw Failure(.incompatible, "sequence_time is \(time); a stepper needs scaled or absolute") }
    guard sequence.interpolation == .none else {
      throw Failure(
        .incompatible,
        "interpolation is \(try network.text("interpolation")), whose path between two observations depends on the later one; a stepper needs interpolation none, with a field that reads observations: antisymmetric_rnn, gated_antisymmetric_rnn or ode_rnn")
    }
    let driven = plan.drives.indices.filter { plan.drives[$0] != nil }
    guard let index = driven.first, let sampling = plan.drives[index] else { throw Failure(.internal, "a network of sequences without a driven block") }
    guard driven.count == 1 else {
      throw Failure(.incompatible, "blocks \(index) and \(driven[1]) both read the sequence; the second begins with the last state of the first, which is not known before the end of a stream; a stepper needs one driven block")
    }
    guard sampling.form != .events || !sequence.isScaled || sequence.format.timeOffset < 0 else {
      throw Failure(
        .incompatible,
        "sequence_time is scaled: the time between two observations is measured by the time from the first observation to the last, which is not known before the end of a stream; a stepper needs sequence_time absolute")
    }
    let (format, reader) = (sequence.format, plan.blocks[index])
    (self.format, block, stage, self.sampling) = (format, index, plan.stage(ofBlock: index), sampling)
    if !reader.repeatsItsStep {
      end = .weights
    } else if let normalization, !normalization.isOfChannels(format) {
      end = .normalization
    } else {
      end = sampling.form == .events && format.timeOffset < 0 && format.steps == 1 ? .time : nil
    }
  }
}

/// Why streams have no more observations than the network has steps.
enum StreamEnd {
  /// Layers have weights or step sizes of their own.
  case weights
  /// The inputs of different steps are normalized differently.
  case normalization
  /// Without times and with one step, no time passes between observations.
  case time

  func failure(_ steps: Int) -> Failure {
    let reason =
      switch self {
      case .weights: "its layers have weights or step sizes of their own; with weights_in_time shared, equal steps and an integrator without weights of its own, streams have no end"
      case .normalization: "its normalization shifts or scales a channel differently from step to step; with one that is the same for all steps, streams have no end"
      case .time: "its sequences have one step and no times, so that the time between observations is not known"
      }
    return Failure(.state, "the stream has had its \(steps) observation\(steps == 1 ? "" : "s"), as many as the network has steps: \(reason). Reset the stepper for the next stream")
  }
}

extension StreamEnd? {
  /// The scaling of an observation's features: that of its own step as long as there is one.
  func scaling(_ step: Int, _ format: SequenceFormat, _ normalization: Normalization?) -> FeatureScaling? {
    let start = (self == nil ? 0 : step) * format.stepWidth
    return normalization?.scaling[start..<start + format.stepWidth]
  }
}

extension Normalization {
  /// Whether each channel has one shift and one scale for all steps.
  func isOfChannels(_ format: SequenceFormat) -> Bool {
    (0..<format.features).allSatisfy { feature in
      [shift, scale].allSatisfy { $0.load(feature) == $0.load(feature % format.stepWidth) }
    }
  }
}
