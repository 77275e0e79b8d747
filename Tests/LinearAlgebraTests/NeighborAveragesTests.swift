import LinearAlgebra
import TestSupport
import Testing

@Suite struct NeighborAveragesTests {
  @Test(arguments: Precision.allCases, [1, 2, 3, 7]) func averagesByTheFormula(_ precision: Precision, _ layers: Int) throws {
    for (share, size) in [(0, 5), (0.1, 1), (0.25, 64), (0.5, 130), (0.3, 5)] {
      let start = try TestSupport.Numbers.normal(layers * size, precision, seed: 3)
      let result = try TestSupport.Numbers(start.values, precision)
      averageNeighbors(result.vector, layers: layers, size: size, share: share)
      var expected: [Double] = []
      for layer in 0..<layers {
        for index in 0..<size {
          func value(_ layer: Int) -> Double { start[min(max(layer, 0), layers - 1) * size + index] }
          expected.append((1 - 2 * share) * value(layer) + share * (value(layer - 1) + value(layer + 1)))
        }
      }
      #expect(largestDifference(result.values, expected) < 8 * precision.epsilon)
      if share == 0 { #expect(result.bits == start.bits) }
    }
  }

  /// A gradient that alternates from layer to layer is damped by 1 − 4s sin²(πk/2N); what is the same in all layers stays, and the sum too.
  @Test func oscillationsAreDamped() throws {
    let result = try TestSupport.Numbers([1, -1, 1, -1, 1, -1], .float64)
    averageNeighbors(result.vector, layers: 6, size: 1, share: 0.25)
    #expect(result.values == [0.5, 0, 0, 0, 0, -0.5])
    let constant = try TestSupport.Numbers([3, 3, 3], .float64)
    averageNeighbors(constant.vector, layers: 3, size: 1, share: 0.5)
    #expect(constant.values == [3, 3, 3])
  }
}
