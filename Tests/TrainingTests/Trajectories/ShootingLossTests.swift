import LinearAlgebra
import Networks
import TestSupport
import Testing
import Training

struct ShootingLossTests {
  /// Without gaps, the loss is that of the network, weighted by the observations of each segment.
  @Test func withoutStrengthItIsTheNetworksLoss() throws {
    let own = try TrajectoryCase()
    let segments = try TrajectorySegments(try own.trajectories, own.network.plan, segment: 4)
    let loss = try ShootingLoss(own.network.plan.loss, segments)
    loss.set(strength: 0)
    #expect(loss.outputKind == own.network.plan.loss.outputKind && loss.reasonWithoutCurvature != nil)
    #expect((0..<loss.pulls.count).allSatisfy { loss.pulls.load($0) == 0 })
  }
}
