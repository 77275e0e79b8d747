import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// The whole field is internal to implicit schemes; for a partitioned field its parts must see one and the same point.
@Suite struct WholeFieldTests {
  /// Backward Euler on ẏ = z, ż = −y (K = I, linear): (y₊, z₊) = (I − hJ)⁻¹(y, z) with J = [[0, 1], [−1, 0]], by hand.
  @Test(arguments: Precision.allCases) func bothPartsMoveTogether(_ precision: Precision) throws {
    let h = 0.5
    let example = try StepCase("hamiltonian", "backward_euler", width: 1, h: h, activation: .identity, bias: .none, precision: precision)
    example.tensors[0][0] = 1
    let before = try example.normal(3)
    let after = try example.run(before).after
    for sample in 0..<16 {
      let (y, z) = (before[sample], before[16 + sample])
      let expected = [(y + h * z) / (1 + h * h), (z - h * y) / (1 + h * h)]
      #expect(largestDifference(after.column(sample, of: 16), expected) < 10 * precision.epsilon)
    }
  }
}
