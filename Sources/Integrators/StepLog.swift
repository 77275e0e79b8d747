import LinearAlgebra
import Settings

/// What the steps of one worker report: which samples failed and why, and counts. Explicit schemes have nothing to say here.
/// It also tells them when to leave (`isOver`).
///
/// Made once a worker; writing to it allocates nothing but the texts of failures.
package final class StepLog {
  /// The samples that have failed since `clear`, by their numbers in the batch, each with its first reason: what is computed of them afterwards is of no use.
  package private(set) var failures: [Int: Failure] = [:]
  /// The failure of the sample that comes first in the batch.
  package private(set) var first: SampleFailure?
  /// Evaluations of the field, accepted and rejected steps, iterations of solvers: for adaptive and implicit schemes, summed over samples.
  package var evaluations = 0
  package var accepted = 0
  package var rejected = 0
  package var iterations = 0
  /// Evaluations of the field that derivatives of adaptive schemes add to those of the solve: segments solved again, and the stages of the steps that they go through.
  package var recomputed = 0
  /// The samples of the present tile, by their numbers in the batch; columns beyond are padding, which is neither counted nor reported.
  package var samples = 0..<Int.max

  /// The error of the states that a reversible policy recovered: the largest |ŷ − y| of a block's first state, relative to the largest |y|. 0 if no state was recovered.
  package private(set) var reconstructionError = 0.0

  /// Whether steps add their cost (`ChargedIntegrator`) to `cost`, the sum over the samples.
  package var isCharging = false
  package var cost = 0.0
  /// The weight of one sample's cost in the objective that pullbacks differentiate; 0 leaves the cost out.
  package var chargePerSample = 0.0

  /// Says when the work must end.
  package var watch = Watch.none {
    didSet { askNext() }
  }
  private var over = false
  /// Questions left until the watch is asked, and from one time to the next.
  private var questions = 1
  private var stride = 1
  /// When the watch was last asked.
  private var lastLook = 0.0

  package init() {}

  /// Whether the work must end now. Loops over layers, steps and iterations ask after each and leave with the state they have, which nobody will use.
  ///
  /// Cost: a subtraction. The watch is asked every time where steps take long, and at most every 32nd time where a step takes less than asking does.
  @inline(__always) package var isOver: Bool {
    questions -= 1
    return questions > 0 ? over : look()
  }

  /// Lets the next question go to the watch: what comes may take longer than what was.
  package func askNext() { (over, questions, stride, lastLook) = (false, 1, 1, .infinity) }

  @inline(never) private func look() -> Bool {
    guard !watch.isIdle else {
      questions = .max
      return false
    }
    over = watch.isOver
    let now = Watch.now
    // The clock ticks every few milliseconds: once it has ticked between two looks, they are far enough apart.
    stride = now > lastLook ? max(stride / 2, 1) : min(2 * stride, 32)
    (questions, lastLook) = (stride, now)
    return over
  }

  /// Notes a recovered state, and gives its error.
  ///
  /// - Parameters:
  ///   - difference: the largest |ŷ − y|; NaN where one is not finite, which counts as infinite.
  ///   - size: the largest |y|; for a state of zeros the difference itself is noted.
  @discardableResult package func reconstructed(difference: Double, size: Double) -> Double {
    let error = difference.isFinite ? (size > 0 ? difference / size : difference) : .infinity
    reconstructionError = max(reconstructionError, error)
    return error
  }

  /// Notes that the present tile has no result, for a reason that is no single sample's.
  package func fail(_ failure: Failure) { first = .first(first, SampleFailure(failure)) }

  /// Notes that the sample in a column of the tile cannot go on; its first reason stays, and padding has none.
  package func fail(column: Int, _ failure: @autoclosure () -> Failure) {
    guard column < samples.count, failures[samples.lowerBound + column] == nil else { return }
    let sample = samples.lowerBound + column
    let failure = failure()
    failures[sample] = failure
    first = .first(first, SampleFailure(sample: sample, failure))
  }

  /// Notes the samples whose columns in a block hold a number that is not at most `limit` in magnitude, NaN among them.
  ///
  /// - Parameters:
  ///   - limit: the largest magnitude of the precision that the numbers are to have.
  ///   - what: what they are called in messages ("scores"); `isPlural` says whether that is one thing or several.
  /// - Cost: one vector pass over the block where all are finite.
  package func requireFinite(_ numbers: Block, within limit: Double, _ what: @autoclosure () -> String, isPlural: Bool = true) {
    forEachColumn(of: numbers, count: samples.count, beyond: limit) { column in
      fail(column: column, Failure(.notFinite, "the \(what()) \(isPlural ? "are" : "is") not finite\(limit < numbers.precision.largest ? " in float32" : "")"))
    }
  }

  /// The samples of the present tile that have failed.
  package var failedSamples: [Int] { failures.isEmpty ? [] : samples.filter { failures[$0] != nil } }

  package func clear() {
    (failures, first) = ([:], nil)
    (evaluations, accepted, rejected, iterations, recomputed) = (0, 0, 0, 0, 0)
    reconstructionError = 0
    cost = 0
  }
}
