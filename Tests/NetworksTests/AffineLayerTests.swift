import LinearAlgebra
import Networks
import TestSupport
import Testing

@Suite struct AffineLayerTests {
  /// W and b lie at the offsets of the tensors with their names, both in the whole parameter vector and in a vector that begins with them.
  @Test(arguments: Precision.allCases) func lieWhereTheirTensorsLie(_ precision: Precision) throws {
    let plan = try network(#"{"inputs": 3, "outputs": 4, "width": 5, "opening": "dense", "layers": 2, "precision": "\#(precision.name)"}"#).plan
    let numbers = try Numbers((0..<plan.parameterCount).map(Double.init), precision)
    for (layer, name, rows, columns) in [(try #require(plan.readout), "readout", 4, 5)] {
      let weight = try #require(plan.tensors.first { $0.name == "\(name).W" }), bias = try #require(plan.tensors.first { $0.name == "\(name).b" })
      let matrix = layer.matrix(numbers.vector)
      #expect(matrix.rows == rows && matrix.columns == columns && matrix.base == numbers.vector.base + weight.range.lowerBound * precision.byteCount)
      #expect(layer.bias(numbers.vector).base == numbers.vector.base + bias.range.lowerBound * precision.byteCount)
      #expect(layer.range == weight.range.lowerBound..<bias.range.upperBound)
      let part = numbers.vector[weight.range.lowerBound..<bias.range.upperBound]
      #expect(layer.matrix(part, origin: weight.range.lowerBound).base == matrix.base)
      #expect(layer.bias(part, origin: weight.range.lowerBound).base == layer.bias(numbers.vector).base)
    }
  }
}
