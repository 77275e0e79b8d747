import Networks
import Settings
import Testing
import Training

@Test func theLayoutOfANetworkKnowsLayersStepSizesAndBiases() throws {
  let network = try smallNetwork()
  let regions = ParameterLayout(network.plan).regions
  // Width 4, 5 layers over a horizon of 2, 2 outputs: K [5,4,4], b [5,4], W [2,4], b [2].
  #expect(regions == [
    .init(range: 0..<80, isWeight: true, layers: 5, stepSize: 0.4), .init(range: 80..<100, isWeight: false, layers: 5, stepSize: 0.4),
    .init(range: 100..<108, isWeight: true), .init(range: 108..<110, isWeight: false),
  ])
}
