import Integrators
import Settings
import Testing

@Suite struct StepLogTests {
  @Test func keepsTheFirstFailureUntilCleared() {
    let log = StepLog()
    log.fail(Failure(.notConverged, "first"))
    log.fail(Failure(.stepLimit, "second"))
    log.evaluations = 3
    #expect(log.failure == Failure(.notConverged, "first"))
    log.clear()
    #expect(log.failure == nil && log.evaluations == 0)
  }

  @Test func keepsTheLargestReconstructionError() {
    let log = StepLog()
    log.reconstructed(difference: 1e-3, size: 2)
    log.reconstructed(difference: 1e-4, size: 2)
    #expect(log.reconstructionError == 5e-4)
    // A state of zeros has no relative size; what is not finite is lost altogether.
    log.reconstructed(difference: 0.25, size: 0)
    #expect(log.reconstructionError == 0.25)
    log.reconstructed(difference: .nan, size: 1)
    #expect(log.reconstructionError == .infinity)
    log.clear()
    #expect(log.reconstructionError == 0)
  }
}
