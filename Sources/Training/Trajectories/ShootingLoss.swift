import Integrators
import LinearAlgebra
import Networks
import Settings

/// A network's loss of the observations of segments, and the penalty of the gaps between them.
///
/// Tiles are evaluated on several threads, each of which writes only the pulls of its own segments.
package final class ShootingLoss: Loss, @unchecked Sendable {
  private let own: any Loss
  private let segments: TrajectorySegments
  private let buffer: Buffer
  private let strengths: Vector
  /// ρg of each segment's gap g, as the states at which segments begin.
  package let pulls: Vector
  /// The states at which segments begin. They belong to the variables that are being evaluated.
  package var starts: Vector

  /// - Throws: `.memory`.
  package init(_ own: any Loss, _ segments: TrajectorySegments) throws(Failure) {
    let (count, precision) = (segments.count * segments.width, segments.plan.precision)
    (self.own, self.segments) = (own, segments)
    buffer = try Buffer(byteCount: 8 * segments.count + precision.byteCount * count)
    strengths = buffer.vector(count: segments.count, precision: .float64)
    pulls = buffer.vector(count: count, precision: precision, offset: 8 * segments.count)
    starts = pulls
  }

  package func set(strength: Double) {
    copy(segments.following, into: strengths)
    scale(strength, strengths)
  }

  package func evaluate(scores: Block, targets: TileTargets, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
    let loss = own.evaluate(scores: scores, targets: targets, count: count, scale: scale, gradient: gradient, correct: &correct)
    let ends = scores.rows - segments.width..<scores.rows
    return loss + shootingGaps(
      scores.rows(ends), starts: starts, strengths: strengths, first: targets.firstSample, count: count, scale: scale, gradient: gradient?.rows(ends), into: pulls)
  }

  package var outputKind: OutputKind { own.outputKind }
  package func targets(outputs: Int) -> Int { own.targets(outputs: outputs) }
  package var targetBounds: ClosedRange<Double>? { own.targetBounds }
  package func check(outputs: Int) throws(Failure) { try own.check(outputs: outputs) }
  package func classes(outputs: Int) -> Int { own.classes(outputs: outputs) }
  package func link(_ scores: Block, into out: Block) { own.link(scores, into: out) }
  package var reasonWithoutCurvature: String? { "that of a fit of trajectories has none" }
  package func curvature(at scores: Block, of tangent: Block, scratch: Block) {}
  package var countsSteps: Bool { own.countsSteps }
  package func takeFailure() -> SampleFailure? { own.takeFailure() }
}
