import LinearAlgebra
import Settings

/// The log of one worker: steps report in it which samples failed and why, and how much work they did. Explicit schemes of fixed steps report nothing.
/// Steps also ask it whether the work must end (`isOver`).
///
/// Each worker makes one log. Writing to it allocates nothing except the texts of failures. Only its worker uses it, once in every layer. The checks for overlapping accesses are off, because they would cost more
/// than the log's own work. Other modules make these checks all the same where they reach a stored property; what is asked for every tile is therefore computed (`samples`, `hasFailed`).
package final class StepLog {
  /// The samples that have failed since `clear`, by their numbers in the batch, each with its first reason. Whatever is computed for them afterwards is discarded.
  @exclusivity(unchecked) package private(set) var failures: [Int: Failure] = [:]
  /// The failure of the sample that comes first in the batch.
  @exclusivity(unchecked) package private(set) var first: SampleFailure?
  package var hasFailed: Bool { first != nil }
  /// The work of adaptive and implicit schemes, summed over the samples: evaluations of the field, accepted and rejected steps, and iterations of solvers.
  @exclusivity(unchecked) package var evaluations = 0
  @exclusivity(unchecked) package var accepted = 0
  @exclusivity(unchecked) package var rejected = 0
  @exclusivity(unchecked) package var iterations = 0
  /// Evaluations of the field by the derivatives of adaptive schemes, which solve segments again and evaluate the stages of the steps that they go through.
  @exclusivity(unchecked) package var recomputed = 0
  /// The samples of the present tile, by their numbers in the batch. Further columns are padding, which is neither counted nor reported.
  package var samples: Range<Int> {
    get { present }
    set { present = newValue }
  }
  @exclusivity(unchecked) private var present = 0..<Int.max

  /// The error of the states that a reversible policy recovered: the largest |ŷ − y| in the first state of a block, relative to the largest |y|; 0 if no state was recovered.
  @exclusivity(unchecked) package private(set) var reconstructionError = 0.0

  /// Whether steps add their cost (`ChargedIntegrator`) to `cost`, which is summed over the samples.
  @exclusivity(unchecked) package var isCharging = false
  @exclusivity(unchecked) package var cost = 0.0
  /// The weight of one sample's cost in the objective that pullbacks differentiate; 0 leaves the cost out.
  @exclusivity(unchecked) package var chargePerSample = 0.0

  /// Says when the work must end.
  @exclusivity(unchecked) package var watch = Watch.none {
    didSet { askNext() }
  }
  @exclusivity(unchecked) private var over = false
  /// After how many further questions the watch is asked, and how many questions lie between two times.
  @exclusivity(unchecked) private var questions = 1
  @exclusivity(unchecked) private var stride = 1
  /// When the watch was last asked.
  @exclusivity(unchecked) private var lastLook = 0.0

  package init() {}

  /// Whether the work must end now. Loops over layers, steps and iterations ask after each. If the work must end, they return at once; their result is then discarded.
  ///
  /// Cost: a subtraction. If steps take long, the watch is asked every time; if a step takes less time than asking, every 32nd time.
  @inline(__always) package var isOver: Bool {
    questions -= 1
    return questions > 0 ? over : look()
  }

  /// Makes the next question ask the watch, because the following steps may take longer than those before.
  package func askNext() { (over, questions, stride, lastLook) = (false, 1, 1, .infinity) }

  @inline(never) private func look() -> Bool {
    guard !watch.isIdle else {
      questions = .max
      return false
    }
    over = watch.isOver
    let now = Watch.now
    // The clock advances every few milliseconds. If it has advanced since the last time, the watch is asked often enough. After the first time nothing is known yet, and the next step may take long.
    stride = now > lastLook || lastLook == .infinity ? max(stride / 2, 1) : min(2 * stride, 32)
    (questions, lastLook) = (stride, now)
    return over
  }

  /// Records that a state was recovered, and returns its error.
  ///
  /// - Parameters:
  ///   - difference: the largest |ŷ − y|; NaN, if a number is not finite, counts as infinite.
  ///   - size: the largest |y|. If it is zero, the difference itself is the error.
  @discardableResult package func reconstructed(difference: Double, size: Double) -> Double {
    let error = difference.isFinite ? (size > 0 ? difference / size : difference) : .infinity
    reconstructionError = max(reconstructionError, error)
    return error
  }

  /// Records that the present tile has no result, for a reason that does not belong to one sample.
  package func fail(_ failure: Failure) { first = .first(first, SampleFailure(failure)) }

  /// Records that the sample in a column of the tile has failed. Only its first reason is kept. Padding is ignored.
  package func fail(column: Int, _ failure: @autoclosure () -> Failure) {
    guard column < samples.count, failures[samples.lowerBound + column] == nil else { return }
    let sample = samples.lowerBound + column
    let failure = failure()
    failures[sample] = failure
    first = .first(first, SampleFailure(sample: sample, failure))
  }

  /// Records a failure for every sample whose column holds NaN or a number larger than `limit` in magnitude.
  ///
  /// - Parameters:
  ///   - limit: the largest magnitude in the precision to which the numbers will be rounded.
  ///   - what: the name of the numbers in messages ("scores"); `isPlural` says whether it is plural.
  /// - Cost: one vector pass over the block if there is no such number.
  package func requireFinite(_ numbers: Block, within limit: Double, _ what: @autoclosure () -> String, isPlural: Bool = true) {
    forEachColumn(of: numbers, count: samples.count, beyond: limit) { column in
      fail(column: column, Failure(.notFinite, "the \(what()) \(isPlural ? "are" : "is") not finite\(limit < numbers.precision.largest ? " in float32" : "")"))
    }
  }

  /// The samples of the present tile that have failed.
  package var failedSamples: [Int] { failures.isEmpty ? [] : samples.filter { failures[$0] != nil } }

  package func clear() {
    if first != nil { (failures, first) = ([:], nil) }
    (evaluations, accepted, rejected, iterations, recomputed) = (0, 0, 0, 0, 0)
    reconstructionError = 0
    cost = 0
  }
}
