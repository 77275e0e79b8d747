import Settings

/// What the steps of one worker report: the first failure, and counts. Explicit schemes have nothing to say here.
///
/// Made once a worker; writing to it allocates nothing but the text of a failure.
package final class StepLog {
  /// The first failure since `clear`; what comes after it is of no use.
  package private(set) var failure: Failure?
  /// Evaluations of the field, accepted and rejected steps, iterations of solvers: for adaptive and implicit schemes, summed over samples.
  package var evaluations = 0
  package var accepted = 0
  package var rejected = 0
  package var iterations = 0
  /// Memory that an integrator keeps from call to call (the tape of an adaptive solve), made by it at first use.
  package var storage: AnyObject?

  package init() {}

  package func fail(_ failure: Failure) { if self.failure == nil { self.failure = failure } }

  package func clear() {
    failure = nil
    (evaluations, accepted, rejected, iterations) = (0, 0, 0, 0)
  }
}
