import Integrators
import LinearAlgebra
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

  /// Short steps ask their watch every 32nd time at last; once it is over they hear of it within as many, and always from then on.
  @Test func stepsHearThatTheWatchIsOver() {
    var (looks, isRequested) = (0, false)
    let log = StepLog()
    log.watch = Watch(isCancelled: {
      looks += 1
      return isRequested
    })
    for _ in 0..<1000 { #expect(!log.isOver) }
    #expect((1000 / 32...1000).contains(looks))
    isRequested = true
    #expect((0..<32).contains { _ in log.isOver } && log.isOver && log.isOver)
    // A new tile asks at once, and hears the same.
    log.askNext()
    #expect(log.isOver)
    log.watch = .none
    #expect(!log.isOver)
  }
}
