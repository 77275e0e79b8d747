import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

/// The sweeps check the derivatives of this field with every scheme; an image network with it equals PyTorch's LM-ResNet (Theory.md §8).
@Suite struct PreActivationFieldTests {
  @Test func declaresItsTensors() throws {
    var configuration = FieldConfiguration(width: 4, bias: .none)
    configuration.operators = .convolution(ConvolutionForm(Shape(channels: 4, height: 3, width: 3)))
    try configuration.options.set("hidden_width", .integer(6))
    let field = try PreActivationField(configuration)
    #expect(field.parameters.map(\.name) == ["n1", "K1", "n2", "K2"])
    #expect(field.parameters.map(\.shape) == [[4, 4], [6, 4, 9], [4, 6], [4, 6, 9]])
    #expect(field.couplesSamples && !field.isDense && field.pixels == 9 && field.width == 36)
    try configuration.options.set("normalization", .text("instance"))
    #expect(try !PreActivationField(configuration).couplesSamples)
  }

  /// K₂σ(N₂(K₁σ(N₁(y)) + b₁)) + b₂ with running averages 0 and 1, as they are at first.
  @Test func evaluatesItsFormula() throws {
    let field = try PreActivationField(FieldConfiguration(width: 3, activation: .relu, precision: .float64))
    let tensors = try field.parameters.enumerated().map { index, shape -> Numbers in
      if case .values(let values) = shape.initial { return try Numbers(values, .float64) }
      return try Numbers.normal(shape.count, .float64, seed: UInt64(index))
    }
    var layer = Layer()
    for (index, tensor) in tensors.enumerated() { layer.tensors[index] = tensor.vector.base }
    let x = try Numbers.normal(48, .float64, seed: 9), out = try Numbers(48, .float64)
    field.evaluate(0, layer, at: x.block(rows: 3, columns: 16), scale: 1, addingTo: nil, into: out.block(rows: 3, columns: 16), record: nil, scratch: .zeros(field.scratchWidth, 16, .float64))
    let factor = 1 / (1 + 1e-5).squareRoot()
    for sample in [0, 7] {
      let first = plainLayer(.identity, tensors[1].rows(of: 3), tensors[2].values, x.column(sample, of: 16).map { max(factor * $0, 0) }).value
      let expected = plainLayer(.identity, tensors[4].rows(of: 3), tensors[5].values, first.map { max(factor * $0, 0) }).value
      #expect(largestDifference(out.column(sample, of: 16), expected) < 1e-13)
    }
  }
}
