import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct FieldConfigurationTests {
  @Test(arguments: [(BiasKind.none, nil), (.scalar, [1]), (.vector, [6])] as [(BiasKind, [Int]?)]) func biasGivesItsTensor(_ bias: BiasKind, _ shape: [Int]?) {
    let tensors = DenseField(FieldConfiguration(width: 6, bias: bias)).parameters
    #expect(tensors[0].shape == [6, 6])
    #expect(tensors[0].role == .weight)
    #expect(tensors.dropFirst().first?.shape == shape)
    #expect(tensors.dropFirst().allSatisfy { $0.role == .bias && $0.deviation == 0 })
  }

  /// Entries of variance 1/n give ‖K‖ near 2 for every n (the circular law's scale).
  @Test func weightsStartWithVarianceOneOverWidth() {
    #expect(DenseField(FieldConfiguration(width: 16)).parameters[0].deviation == 0.25)
  }

  /// The prepared copy changes where numbers lie, not what comes out: the same bits with and without.
  @Test(arguments: BiasKind.allCases, Precision.allCases) func preparedCopyGivesTheSameBits(_ bias: BiasKind, _ precision: Precision) throws {
    for name in fields.names {
      let example = try FieldCase(name, FieldConfiguration(width: 7, bias: bias, gamma: 0.2, precision: precision))
      for component in 0..<example.field.componentCount {
        let x = try example.numbers(7, 1, seed: 61)
        let outs = try [Purpose.training, .inference].map { purpose in
          let out = try example.zeros(7, 1)
          example.field.evaluate(
            component, example.layer(purpose), at: x.block(rows: 7, columns: 1), scale: 0.3, addingTo: nil, into: out.block(rows: 7, columns: 1), record: nil)
          return out.bits
        }
        #expect(outs[0] == outs[1], "\(name), component \(component)")
      }
    }
  }
}
