import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct StochasticDepthTests {
  /// p_l = 1 − (l/L)(1 − p_L) [Huang et al. 2016, eq. 4] for L = 4 and p_L = ½.
  @Test func survivalDecaysLinearly() {
    let noise = StochasticDepth(survival: 0.5, depth: BlockDepth(layers: 4))
    #expect((0..<4).map(noise.probability) == [0.875, 0.75, 0.625, 0.5])
    #expect((0..<4).map(StochasticDepth(survival: 0.5, decay: .none, depth: BlockDepth(layers: 4)).probability) == [0.5, 0.5, 0.5, 0.5])
  }

  /// l counts the layers of all blocks: two before a block of three, of eight.
  @Test func survivalDecaysThroughTheNetwork() {
    let depth = BlockDepth(layers: 3, before: 2, network: 8)
    let (through, within) = (StochasticDepth(survival: 0.5, decay: .network, depth: depth), StochasticDepth(survival: 0.25, decay: .linear, depth: depth))
    let (expected, block): ([Double], [Double]) = ([0.8125, 0.75, 0.6875], [0.75, 0.5, 0.25])
    #expect((0..<3).map(through.probability) == expected)
    #expect((0..<3).map(within.probability) == block)
  }

  /// Either kept samples are divided by p, or evaluation is multiplied by p.
  @Test func scalingKeepsTheMean() {
    for scaling in StochasticDepth.Scaling.allCases {
      let noise = StochasticDepth(survival: 0.25, scaling: scaling, depth: BlockDepth(layers: 2))
      let row = Block.zeros(1, 16, .float64)
      noise.draw(LayerDraws(key: 2, sample: 0, layer: 1), into: row)
      #expect(Set(row.values) == (scaling == .inverted ? [0, 4] : [0, 1]))
      #expect(noise.mean(layer: 1) == (scaling == .inverted ? 1 : 0.25))
    }
  }

  @Test func certainLayersDrawNothing() {
    #expect(StochasticDepth(survival: 1, depth: BlockDepth(layers: 3)).isSilent(layer: 2))
    #expect(!StochasticDepth(survival: 0.9, depth: BlockDepth(layers: 3)).isSilent(layer: 0))
  }
}
