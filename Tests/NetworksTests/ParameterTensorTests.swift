import Networks
import Settings
import TestSupport
import Testing

@Suite struct ParameterTensorTests {
  /// Names, shapes and offsets: the tensors fill one vector without gaps, in the order opening, blocks, readout.
  @Test func tensorsAreNamedAndLieWithoutGaps() throws {
    let plan = try NetworkPlan(try specification(
      #"{"inputs": 3, "outputs": 4, "width": 5, "opening": "dense", "blocks": [{"field": "dense", "layers": 2, "bias": "scalar"}, {"field": "hamiltonian", "layers": 3}, {"layers": 1, "bias": "none"}]}"#))
    #expect(plan.tensors.map(\.name) == ["opening.W", "opening.b", "blocks.0.K", "blocks.0.b", "blocks.1.K", "blocks.1.b", "blocks.2.K", "readout.W", "readout.b"])
    #expect(plan.tensors.map(\.shape) == [[5, 3], [5], [2, 5, 5], [2, 1], [3, 5, 5], [3, 5], [1, 5, 5], [4, 5], [4]])
    #expect(plan.tensors.map(\.block) == [nil, nil, 0, 0, 1, 1, 2, nil, nil])
    var next = 0
    for tensor in plan.tensors {
      #expect(tensor.range == next..<next + tensor.shape.reduce(1, *), "\(tensor.name)")
      #expect((tensor.role == .bias) == tensor.name.hasSuffix("b"))
      next = tensor.range.upperBound
    }
    #expect(plan.parameterCount == next)
  }
}
