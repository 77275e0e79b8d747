import Integrators
import Testing

@Suite struct StepReportTests {
  @Test func countsAddAndErrorsTakeTheLargest() {
    let log = StepLog()
    (log.evaluations, log.accepted, log.rejected, log.iterations) = (7, 3, 1, 2)
    log.reconstructed(difference: 2, size: 4)
    var sum = log.report
    #expect(sum.evaluations == 7 && sum.accepted == 3 && sum.rejected == 1 && sum.iterations == 2 && sum.reconstructionError == 0.5)
    log.clear()
    log.evaluations = 5
    log.reconstructed(difference: 1, size: 4)
    sum.add(log.report)
    #expect(sum.evaluations == 12 && sum.reconstructionError == 0.5)
  }
}
