/// Counts of what steps did, summed over samples. Explicit schemes of fixed steps count nothing.
package struct StepReport: Equatable, Sendable {
  /// Evaluations of the field, by adaptive and implicit schemes.
  package var evaluations = 0
  /// Steps of adaptive schemes.
  package var accepted = 0
  package var rejected = 0
  /// Iterations of the solvers of implicit schemes.
  package var iterations = 0
  /// The largest error of the states that reversible policies recovered (`StepLog.reconstructed`).
  package var reconstructionError = 0.0

  package init() {}

  package mutating func add(_ other: StepReport) {
    evaluations += other.evaluations
    accepted += other.accepted
    rejected += other.rejected
    iterations += other.iterations
    reconstructionError = max(reconstructionError, other.reconstructionError)
  }
}

extension StepLog {
  /// The counts since `clear`.
  package var report: StepReport {
    var report = StepReport()
    (report.evaluations, report.accepted, report.rejected, report.iterations) = (evaluations, accepted, rejected, iterations)
    report.reconstructionError = reconstructionError
    return report
  }
}
