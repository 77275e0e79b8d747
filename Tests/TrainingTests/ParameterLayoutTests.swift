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

/// Steps 0.1, 0.3, 0.6 have their middles at 0.05, 0.25, 0.7.
@Test func theLayoutKnowsUnequalSteps() throws {
  var specification = NetworkSpecification()
  for (key, value) in [("inputs", OptionValue.integer(2)), ("outputs", .integer(2)), ("step_sizes", .text("0.1,0.3,0.6"))] { try specification.set(key, value) }
  let regions = ParameterLayout(try NetworkPlan(specification)).regions
  for region in regions.prefix(2) {
    #expect(region.layers == 3 && region.distances.count == 2)
    #expect(zip(region.distances, [0.2, 0.45]).allSatisfy { abs($0 - $1) < 1e-15 })
  }
  #expect(regions.dropFirst(2).allSatisfy { $0.distances.isEmpty })
}
