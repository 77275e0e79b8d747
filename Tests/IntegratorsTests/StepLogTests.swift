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
}
