import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct FieldConfigurationTests {
  @Test(arguments: [(BiasKind.none, nil), (.scalar, [1]), (.vector, [6])] as [(BiasKind, [Int]?)]) func biasGivesItsTensor(_ bias: BiasKind, _ shape: [Int]?) throws {
    let tensors = try DenseField(FieldConfiguration(width: 6, bias: bias)).parameters
    #expect(tensors[0].shape == [6, 6])
    #expect(tensors[0].role == .weight)
    #expect(tensors.dropFirst().first?.shape == shape)
    #expect(tensors.dropFirst().allSatisfy { $0.role == .bias && $0.deviation == 0 })
  }

  /// Entries of variance 1/n give ‖K‖ near 2 for every n (the circular law's scale).
  @Test func weightsStartWithVarianceOneOverWidth() throws {
    #expect(try DenseField(FieldConfiguration(width: 16)).parameters[0].deviation == 0.25)
  }

  /// Fields declare sizes; the configuration determines the factors.
  @Test func operatorsHaveTheSizesAskedFor() throws {
    let linearOperator = try FieldConfiguration(width: 6, precision: .float64).linearOperator(inputs: 6, outputs: 9)
    #expect(linearOperator.inputs == 6 && linearOperator.outputs == 9)
    #expect(linearOperator is DenseOperator)
  }
}
