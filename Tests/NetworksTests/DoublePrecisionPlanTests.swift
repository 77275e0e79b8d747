import Networks
import TestSupport
import Testing

@Suite struct DoublePrecisionPlanTests {
  /// In float64 the parameters have the same places.
  @Test func thePlanHasTheSameLayout() throws {
    let network = try network(#"{"inputs": 2, "outputs": 2, "width": 5, "layers": 3, "precision": "float32"}"#)
    let wide = try network.plan.inDoublePrecision()
    #expect(wide.precision == .float64 && wide.tensors.map(\.range) == network.plan.tensors.map(\.range))
    #expect(try wide.inDoublePrecision() === wide)
    let winograd = try TestSupport.network(
      #"{"input_shape": [1, 8, 8], "outputs": 2, "blocks": [{"operator": "convolution", "convolution": "winograd", "layers": 2}, {"connector": "convolution", "convolution": "winograd", "channels": 2}, {"operator": "convolution", "layers": 1}], "precision": "float32"}"#)
    #expect(try winograd.plan.inDoublePrecision().parameterCount == winograd.plan.parameterCount)
  }
}
