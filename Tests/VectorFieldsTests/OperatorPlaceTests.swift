import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct OperatorPlaceTests {
  private static let dense = DenseOperator(inputs: 3, outputs: 4, precision: .float64)

  private func layer(_ tensor: Numbers, _ prepared: Numbers?) -> Layer {
    var layer = Layer()
    layer.tensors[2] = tensor.vector.base
    layer.prepared = prepared?.vector.base
    return layer
  }

  /// If there is a copy, products with the parameters use it; the transpose uses the tensor.
  @Test func copiesServeTheParameters() throws {
    let (tensor, prepared) = (try Numbers(12, .float64), try Numbers(20, .float64))
    let place = OperatorPlace(Self.dense, tensor: 2, use: .itself, preparedOffset: 64)
    let bare = layer(tensor, nil)
    let full = layer(tensor, prepared)
    #expect(place.weights(bare).base == tensor.vector.base && place.weights(bare).form == .tensor)
    #expect(place.weights(full).base == prepared.vector.base + 64 && place.weights(full).form == .prepared)
    for weights in [place.direction(full), place.gradient(full), place.transposed.weights(full)] { #expect(weights.base == tensor.vector.base) }
    #expect(place.transposed.weights(full).isTransposed)
    #expect((place.inputs, place.outputs) == (3, 4))
    #expect((place.transposed.inputs, place.transposed.outputs) == (4, 3))
  }

  /// An operator computed from the weights replaces them in directions and in the transpose too; gradients accumulate in the tensor.
  @Test func whatWasMadeStandsForTheWeights() throws {
    let (tensor, prepared) = (try Numbers(12, .float64), try Numbers(20, .float64))
    let place = OperatorPlace(Self.dense, tensor: 2, use: .made, preparedOffset: 32)
    let full = layer(tensor, prepared)
    for weights in [place.weights(full), place.direction(full), place.transposed.weights(full)] { #expect(weights.base == prepared.vector.base + 32) }
    #expect(place.gradient(full).base == tensor.vector.base && place.gradient(full).form == .tensor)
    #expect(place.transposed.gradient(full).isTransposed)
  }

  @Test func biasesHaveTheirPlaceOrNone() throws {
    let tensor = try Numbers(12, .float64)
    let full = layer(tensor, nil)
    #expect(BiasPlace.none(full)?.stride == nil)
    #expect(BiasPlace(tensor: 2, stride: 1)(full)?.base == tensor.vector.base)
    #expect(BiasPlace(tensor: 2, stride: 0)(full)?.stride == 0)
    #expect(BiasPlace(tensor: 0, stride: 1)(full)?.stride == nil)
  }
}
