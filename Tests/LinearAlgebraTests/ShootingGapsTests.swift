import LinearAlgebra
import Testing

struct ShootingGapsTests {
  /// Segments 1 and 2 of four, of two numbers each: the gaps to the next starts are (1, −2) with ρ = 3, and none after the second, which ends its trajectory.
  @Test(arguments: [Precision.float32, .float64])
  func penaltyGradientAndPulls(_ precision: Precision) throws {
    let starts = try Numbers([9, 9, 0, 0, 4, 5, 7, 7], precision)
    let (ends, gradient, pulls) = (try Numbers(32, precision), try Numbers(32, precision), try Numbers(8, precision))
    let strengths = try Numbers([1, 3, 0, 1], .float64)
    (ends[0], ends[16]) = (5, 3)
    (ends[1], ends[17]) = (100, 100)
    (gradient[0], gradient[16], gradient[1]) = (1, 1, 8)
    let penalty = shootingGaps(
      ends.block(rows: 2, columns: 16), starts: starts.vector, strengths: strengths.vector, first: 1, count: 2, scale: 0.5, gradient: gradient.block(rows: 2, columns: 16),
      into: pulls.vector)
    #expect(penalty == 0.5 * 3 * (1 + 4))
    #expect(gradient[0] == 1 + 0.5 * 3 * 1 && gradient[16] == 1 + 0.5 * 3 * -2 && gradient[1] == 8)
    // Those of other segments belong to other tiles.
    #expect((2..<6).map { pulls[$0] } == [3, -6, 0, 0])
    #expect(shootingGaps(ends.block(rows: 2, columns: 16), starts: starts.vector, strengths: strengths.vector, first: 1, count: 2, scale: 0.5, gradient: nil, into: pulls.vector) == penalty)
  }
}
