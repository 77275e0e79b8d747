import Testing
import Training

@Test func theMetricDecidesAndLossBreaksTies() {
  var best = BestIterate(byMetric: true, minimumDelta: 0)
  let taken1 = best.take(loss: 1, metric: 0.5, epoch: 1)
  #expect(taken1)
  let taken2 = best.take(loss: 0.1, metric: 0.4, epoch: 2)
  #expect(!taken2)
  let taken3 = best.take(loss: 0.9, metric: 0.5, epoch: 3)
  #expect(taken3)
  let taken4 = best.take(loss: 0.9, metric: 0.5, epoch: 4)
  #expect(!taken4)
  #expect(best.epoch == 3)
  // Equal metrics do not count as an improvement.
  #expect(best.epochsWithoutImprovement == 3)
}

@Test func lossDecidesByItself() {
  var best = BestIterate(byMetric: false, minimumDelta: 0)
  let taken5 = best.take(loss: 1, metric: 0.9, epoch: 1)
  #expect(taken5)
  let taken6 = best.take(loss: 0.5, metric: 0.1, epoch: 2)
  #expect(taken6)
  #expect(best.epoch == 2 && best.epochsWithoutImprovement == 0)
}

@Test func patienceCountsChangesLargerThanTheDeltaOnly() {
  var best = BestIterate(byMetric: false, minimumDelta: 0.1)
  _ = best.take(loss: 1, metric: 0, epoch: 1)
  // Two small steps down: each is the best so far, the second is 0.12 below the reference.
  let taken7 = best.take(loss: 0.95, metric: 0, epoch: 2)
  #expect(taken7 && best.epochsWithoutImprovement == 1)
  let taken8 = best.take(loss: 0.88, metric: 0, epoch: 3)
  #expect(taken8 && best.epochsWithoutImprovement == 0)
}
