import Integrators
import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct StepLogTests {
  /// Each sample's first failure by its number in the batch, over all tiles; padding has none.
  @Test func keepsEachSamplesFirstFailureUntilCleared() {
    let log = StepLog()
    #expect(!log.hasFailed)
    log.samples = 32..<40
    log.fail(column: 5, Failure(.notConverged, "first of 37"))
    log.fail(column: 5, Failure(.stepLimit, "second of 37"))
    log.fail(column: 2, Failure(.stepLimit, "34"))
    log.fail(column: 8, Failure(.stepLimit, "padding"))
    #expect(log.hasFailed && log.failedSamples == [34, 37])
    log.samples = 0..<32
    #expect(log.failedSamples.isEmpty)
    log.fail(column: 31, Failure(.notFinite, "31"))
    log.evaluations = 3
    #expect(log.first == SampleFailure(sample: 31, Failure(.notFinite, "31")))
    #expect(log.failures == [31: Failure(.notFinite, "31"), 34: Failure(.stepLimit, "34"), 37: Failure(.notConverged, "first of 37")])
    log.clear()
    #expect(!log.hasFailed && log.first == nil && log.failures.isEmpty && log.evaluations == 0)
  }

  /// Finds columns with a NaN or an infinity, and in float32 those with numbers that are too large, but not padding.
  @Test func notesColumnsThatAreNotFinite() throws {
    let log = StepLog()
    log.samples = 16..<24
    let numbers = try Numbers(3 * 16, .float64)
    (numbers[3], numbers[16 + 5], numbers[2 * 16], numbers[9]) = (.nan, -.infinity, 1e39, .nan)
    let block = numbers.block(rows: 3, columns: 16)
    log.requireFinite(block, within: Precision.float64.largest, "scores")
    #expect(log.failedSamples == [19, 21] && log.first?.failure == Failure(.notFinite, "the scores are not finite"))
    log.clear()
    log.requireFinite(block, within: Precision.float32.largest, "scores")
    #expect(log.failedSamples == [16, 19, 21] && log.first?.failure == Failure(.notFinite, "the scores are not finite in float32"))
  }

  @Test func keepsTheLargestReconstructionError() {
    let log = StepLog()
    log.reconstructed(difference: 1e-3, size: 2)
    log.reconstructed(difference: 1e-4, size: 2)
    #expect(log.reconstructionError == 5e-4)
    // The relative error for a state of zeros is undefined; a state that is not finite is completely lost.
    log.reconstructed(difference: 0.25, size: 0)
    #expect(log.reconstructionError == 0.25)
    log.reconstructed(difference: .nan, size: 1)
    #expect(log.reconstructionError == .infinity)
    log.clear()
    #expect(log.reconstructionError == 0)
  }

  /// Short steps check their watch at least every 32 steps. Once the work must end, they notice it within as many steps, and always from then on.
  @Test func stepsHearThatTheWatchIsOver() {
    var (looks, isRequested) = (0, false)
    let log = StepLog()
    log.watch = Watch(isCancelled: {
      looks += 1
      return isRequested
    })
    for _ in 0..<1000 { #expect(!log.isOver) }
    #expect((1000 / 32...1000).contains(looks))
    // Nothing is known of a new tile's steps: the first two questions reach the watch.
    looks = 0
    log.askNext()
    #expect(!log.isOver && !log.isOver && looks == 2)
    isRequested = true
    #expect((0..<32).contains { _ in log.isOver } && log.isOver && log.isOver)
    // A new tile checks at once, with the same result.
    log.askNext()
    #expect(log.isOver)
    log.watch = .none
    #expect(!log.isOver)
  }
}
