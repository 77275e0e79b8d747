import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct StochasticDepthTests {
  /// p_l = 1 − (l/L)(1 − p_L) [Huang et al. 2016, eq. 4] for L = 4 and p_L = ½.
  @Test func survivalDecaysLinearly() {
    let noise = StochasticDepth(survival: 0.5, layers: 4)
    #expect((0..<4).map(noise.probability) == [0.875, 0.75, 0.625, 0.5])
    #expect((0..<4).map(StochasticDepth(survival: 0.5, decay: .none, layers: 4).probability) == [0.5, 0.5, 0.5, 0.5])
  }

  /// Either kept samples are divided by p, or evaluation is multiplied by p.
  @Test func scalingKeepsTheMean() {
    for scaling in StochasticDepth.Scaling.allCases {
      let noise = StochasticDepth(survival: 0.25, scaling: scaling, layers: 2)
      let row = Block.zeros(1, 16, .float64)
      noise.draw(LayerDraws(key: 2, sample: 0, layer: 1), into: row)
      #expect(Set(row.values) == (scaling == .inverted ? [0, 4] : [0, 1]))
      #expect(noise.mean(layer: 1) == (scaling == .inverted ? 1 : 0.25))
    }
  }

  @Test func certainLayersDrawNothing() {
    #expect(StochasticDepth(survival: 1, layers: 3).isSilent(layer: 2))
    #expect(!StochasticDepth(survival: 0.9, layers: 3).isSilent(layer: 0))
  }
}
