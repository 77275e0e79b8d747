import LinearAlgebra
import Settings
import Testing

struct ActivationTests {
  /// Kernel calls contain the numbers, and model files the names.
  @Test func numbersAndNames() {
    #expect(Activation.allCases.map(\.rawValue) == Array(0...10))
    #expect(activations.names == Activation.allCases.map(\.name))
    #expect(activations.names == ["identity", "tanh", "relu", "sigmoid", "softplus", "sin", "smooth_relu", "leaky_relu", "elu", "gelu", "silu"])
    #expect { try activations("tan") } throws: { ($0 as? Failure)?.status == .unknownName && "\($0)".contains("did you mean 'tanh'?") }
  }

  /// σ' stays in the stated range and comes within 1 % of both ends.
  @Test(arguments: Activation.allCases)
  func slopesFillTheirRange(_ activation: Activation) {
    let slopes = (-8000...8000).map { reference(activation, Double($0) / 100).slope }
    let range = activation.slopeRange
    #expect(slopes.allSatisfy { $0 >= range.lowerBound - 1e-12 && $0 <= range.upperBound + 1e-12 })
    #expect((slopes.min() ?? 9) < range.lowerBound + 0.01 && (slopes.max() ?? -9) > range.upperBound - 0.01)
  }

  /// GELU's slopes are extreme at ±√2 and SiLU's where x·tanh(x/2) = 2; 34 digits from mpmath 1.3, of which float64 keeps 16, rounded outward.
  @Test func slopesThatLeaveTheUnitIntervalHaveTheirExactEnds() {
    for (activation, end) in [(Activation.gelu, 1.128904145185154786340744442261973312 as Float80), (.silu, 1.099839320128866916958184924320570972)] {
      let range = activation.slopeRange
      #expect(Float80(range.upperBound) >= end && Float80(range.upperBound.nextDown) < end)
      #expect(Float80(range.lowerBound) <= 1 - end && Float80(range.lowerBound.nextUp) > 1 - end)
    }
    let peak = 2.399357280515467667832739697282
    #expect(abs(reference(.gelu, 2.0.squareRoot()).slope - Activation.gelu.slopeRange.upperBound) < 1e-15)
    #expect(abs(reference(.silu, -peak).slope - Activation.silu.slopeRange.lowerBound) < 1e-15)
    #expect(Activation.leakyRelu.slopeRange.lowerBound == Double(Float(0.01)))
  }
}
