import CStableODE
import Integrators
import LinearAlgebra
import Networks
import Settings

/// A loss that a C function computes tile by tile, on the thread that trains. The network's own loss still defines what labels and probabilities mean.
///
/// One caller at a time may use it: sweeps with such a loss run on one thread.
final class CallerLoss: Loss, @unchecked Sendable {
  private let function: sode_loss_function
  private let userData: UnsafeMutableRawPointer?
  private let own: any Loss
  /// The steps with outputs, whose scores and targets the function gets together; nil for outputs at the end.
  private let steps: Int?
  private let shapes: CallbackShapes
  private var memory: Buffer?
  private var failure: SampleFailure?

  /// - Throws: `memory`.
  init(_ function: @escaping sode_loss_function, _ userData: UnsafeMutableRawPointer?, of plan: NetworkPlan) throws(Failure) {
    self.function = function
    self.userData = userData
    (own, steps) = (plan.loss, plan.steps)
    shapes = try CallbackShapes()
  }

  /// Bytes of scratch held.
  var byteCount: Int { memory?.byteCount ?? 0 }

  var outputKind: OutputKind { own.outputKind }
  func targets(outputs: Int) -> Int { own.targets(outputs: outputs) }
  var targetBounds: ClosedRange<Double>? { own.targetBounds }
  func check(outputs: Int) throws(Failure) { try own.check(outputs: outputs) }
  func classes(outputs: Int) -> Int { own.classes(outputs: outputs) }
  func link(_ scores: Block, into out: Block) { own.link(scores, into: out) }

  var reasonWithoutCurvature: String? { "a loss of your own gives none" }
  func curvature(at scores: Block, of tangent: Block, scratch: Block) {}

  func takeFailure() -> SampleFailure? {
    defer { failure = nil }
    return failure
  }

  /// As the protocol says. After a failure, until `takeFailure` takes it, the result is NaN with a gradient of zeros, and the function is not called again.
  func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    if let gradient { fill(gradient, 0) }
    guard failure == nil else { return .nan }
    do throws(Failure) {
      let losses = try room(count)
      if let failed = try call(scores, targets, losses, gradient, count) {
        if let gradient { fill(gradient, 0) }
        failure = failed
        return .nan
      }
      // The network's own loss counts the samples that are classified correctly.
      _ = own.evaluate(scores: scores, targets: TileTargets(labels: targets.labels, values: targets.values), count: count, scale: 0, gradient: nil, correct: &correct)
      if let gradient { weightColumns(gradient, scale: scale, weights: targets.weights, count: count) }
      return weightedSum(of: losses, weights: targets.weights, count: count)
    } catch {
      if let gradient { fill(gradient, 0) }
      failure = SampleFailure(error)
      return .nan
    }
  }

  private func room(_ count: Int) throws(Failure) -> Vector {
    if let memory, memory.byteCount >= count * 8 { return memory.vector(count: count, precision: .float64) }
    let made = try Buffer(count: count, precision: .float64)
    memory = made
    return made.vector(count: count, precision: .float64)
  }

  private func call(_ scores: Block, _ targets: TileTargets, _ losses: Vector, _ gradient: Block?, _ count: Int) throws(Failure) -> SampleFailure? {
    var scoresTensor = shapes.tensor(0, scores, samples: count, steps: steps)
    var targetTensor =
      targetKind != .labels ? shapes.tensor(1, targets.values, samples: count, steps: steps)
      : steps.map { shapes.stepLabels(1, targets.labels, samples: count, steps: $0, columns: scores.columns) } ?? shapes.labels(1, targets.labels, samples: count)
    var lossTensor = shapes.vector(2, losses)
    let answer: Int32
    let function = unsafeBitCast(function, to: UnsafeRawPointer.self)
    if let gradient {
      var gradientTensor = shapes.tensor(3, gradient, samples: count, steps: steps)
      answer = try withPointers(&scoresTensor, &targetTensor, &lossTensor) { scores, targets, losses throws(Failure) in
        try withPointer(&gradientTensor) { gradient throws(Failure) in try StableODE.call(function, "the loss callback", [scores, targets, losses, gradient, userData]) }
      }
    } else {
      answer = try withPointers(&scoresTensor, &targetTensor, &lossTensor) { scores, targets, losses throws(Failure) in
        try StableODE.call(function, "the loss callback", [scores, targets, losses, nil, userData])
      }
    }
    guard answer == 0 else { throw Failure(.callbackFailed, "the loss callback returned \(answer); 0 means success") }
    var first: SampleFailure?
    if let sample = (0..<count).first(where: { !losses.load($0).isFinite }) {
      first = failed(targets, sample, "the loss callback gave the loss \(losses.load(sample)); losses must be finite")
    }
    for output in 0..<(gradient?.rows ?? 0) {
      guard let gradient else { break }
      let numbers = Vector(gradient.rows(output..<output + 1).base, count: count, precision: gradient.precision)
      if allFinite(numbers) { continue }
      let sample = (0..<count).first { !numbers.load($0).isFinite } ?? 0
      first = .first(first, failed(targets, sample, "the loss callback gave \(numbers.load(sample)) in the gradient by output \(output); gradients must be finite"))
    }
    return first
  }

  private func failed(_ targets: TileTargets, _ sample: Int, _ message: String) -> SampleFailure {
    SampleFailure(sample: targets.firstSample + sample, Failure(.callbackFailed, message))
  }
}
