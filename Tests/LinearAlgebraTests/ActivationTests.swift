import LinearAlgebra
import Testing

struct ActivationTests {
  /// The numbers are written into kernel calls and, as names, into model files.
  @Test func numbersAndNames() {
    #expect(Activation.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5])
    #expect(activations.names == Activation.allCases.map(\.name))
    #expect(activations.names == ["identity", "tanh", "relu", "sigmoid", "softplus", "sin"])
    #expect(throws: (any Error).self) { try activations("tan") }
  }

  /// σ' stays in the stated range and comes within 1 % of both ends.
  @Test(arguments: Activation.allCases)
  func slopesFillTheirRange(_ activation: Activation) {
    let slopes = (-8000...8000).map { reference(activation, Double($0) / 100).slope }
    let range = activation.slopeRange
    #expect(slopes.allSatisfy { $0 >= range.lowerBound - 1e-12 && $0 <= range.upperBound + 1e-12 })
    #expect((slopes.min() ?? 9) < range.lowerBound + 0.01 && (slopes.max() ?? -9) > range.upperBound - 0.01)
  }
}
