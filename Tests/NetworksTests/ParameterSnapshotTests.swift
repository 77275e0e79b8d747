import Gradients
import LinearAlgebra
import Networks
import TestSupport
import Testing

@Suite struct ParameterSnapshotTests {
  @Test func copiesWhatItIsGiven() throws {
    let numbers = try Numbers([1, 2, 3], .float32)
    let snapshot = try ParameterSnapshot(copying: numbers.vector, scaling: DataScaling())
    numbers[0] = 9
    withExtendedLifetime(snapshot) { #expect((0..<3).map { snapshot.parameters.load($0) } == [1, 2, 3]) }
  }

  /// A snapshot is prepared once and then shared: a second predictor of the same snapshot makes no second copy.
  @Test func inferenceWeightsAreMadeOnce() throws {
    let network = try network(#"{"inputs": 3, "outputs": 2, "field": "antisymmetric"}"#)
    let snapshot = network.snapshot
    try withExtendedLifetime(snapshot) {
      let (first, second) = (try snapshot.inferenceWeights(network.plan), try snapshot.inferenceWeights(network.plan))
      #expect(first.prepared?.base == second.prepared?.base)
      #expect(first.prepared?.count == network.plan.preparedCount(for: .inference))
      #expect(first.parameters.base == snapshot.parameters.base)
      #expect(first.purpose == .inference)
    }
  }
}
