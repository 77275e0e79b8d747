import LinearAlgebra
import Networks
import TestSupport
import Testing
import Training

struct ShootingLossTests {
  /// Of one segment that another follows: the network's loss of its observations, and with a strength ½ρ of the squared gap, whose gradient is added at its end.
  @Test func addsTheGapsToTheNetworksLoss() throws {
    let own = try TrajectoryCase()
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: 4)
    let loss = try ShootingLoss(segments.plan.loss, segments)
    let (rows, targets) = (segments.points * 2, try TestSupport.Numbers(segments.points * 2, .float64))
    for row in 0..<rows { targets[row] = segments.targets.number(row: 0, column: row) }
    let scores = try TestSupport.Numbers((0..<rows).map { 0.1 * Double($0) }, .float64)
    let starts = try TestSupport.Numbers((0..<segments.count * 2).map { Double($0) }, .float64)
    loss.starts = starts.vector
    let labels = UnsafeMutablePointer<Int32>.allocate(capacity: segments.points)
    defer { labels.deallocate() }
    func evaluate(_ loss: any Loss) throws -> (value: Double, gradient: [Double]) {
      let gradient = try TestSupport.Numbers(rows, .float64)
      var correct = 0
      let value = loss.evaluate(
        scores: scores.block(rows: rows, columns: 1), targets: TileTargets(labels: labels, values: targets.block(rows: rows, columns: 1)), count: 1, scale: 0.5,
        gradient: gradient.block(rows: rows, columns: 1), correct: &correct)
      return (value, gradient.values)
    }
    let plain = try evaluate(segments.plan.loss)
    loss.set(strength: 0)
    let without = try evaluate(loss)
    #expect(without.value == plain.value && without.gradient == plain.gradient && plain.value > 0)
    loss.set(strength: 3)
    let with = try evaluate(loss)
    // The next segment begins at (2, 3), this one ends at (0.8, 0.9).
    let gaps = [0.8 - 2, 0.9 - 3]
    #expect(abs(with.value - plain.value - 1.5 * (gaps[0] * gaps[0] + gaps[1] * gaps[1])) < 1e-14)
    for k in 0..<2 {
      #expect(abs(with.gradient[rows - 2 + k] - plain.gradient[rows - 2 + k] - 0.5 * 3 * gaps[k]) < 1e-14 && abs(loss.pulls.load(k) - 3 * gaps[k]) < 1e-14)
    }
    #expect(with.gradient.dropLast(2) == plain.gradient.dropLast(2) && loss.countsSteps && loss.reasonWithoutCurvature != nil)
  }
}
