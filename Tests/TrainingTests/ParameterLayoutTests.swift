import Networks
import Settings
import Testing
import Training

@Test func theLayoutOfANetworkKnowsLayersStepSizesAndBiases() throws {
  let network = try smallNetwork()
  let regions = try ParameterLayout(network.plan).regions
  // Width 4, 5 layers, horizon 2, 2 outputs: K [5,4,4], b [5,4], W [2,4], b [2].
  #expect(regions.map(\.range) == [0..<80, 80..<100, 100..<108, 108..<110] && regions.map(\.isWeight) == [true, false, true, false])
  #expect(regions.map(\.entries) == [5, 5, 1, 1])
  for (region, distance) in zip(regions, [0.4, 0.4, nil, nil]) {
    switch region.roughness {
    case .none: #expect(distance == nil)
    case .even(let found): #expect(found == distance)
    case .form: Issue.record("equal steps are at equal distances")
    }
  }
}

/// The steps 0.1, 0.3, 0.6 have the midpoints 0.05, 0.25, 0.7.
/// The weights k of linear multistep blocks begin with the second layer: N − 1 entries at distances h.
@Test func ownTensorsLieAtTheirLayers() throws {
  let network = try smallNetwork(extra: ["integrator": .text("linear_multistep")])
  let tensor = try #require(network.plan.tensors.first { $0.name.hasSuffix(".k") })
  let region = try #require(try ParameterLayout(network.plan).regions.first { $0.range == tensor.range })
  guard case .even(let distance) = region.roughness else { throw Failure(.internal, "equal steps are at equal distances") }
  #expect(region.entries == 4 && abs(distance - 0.4) < 1e-15)
}

@Test func theLayoutKnowsUnequalSteps() throws {
  var specification = NetworkSpecification()
  for (key, value) in [("inputs", OptionValue.integer(2)), ("outputs", .integer(2)), ("step_sizes", .text("0.1,0.3,0.6"))] { try specification.set(key, value) }
  let regions = try ParameterLayout(try NetworkPlan(specification)).regions
  for region in regions.prefix(2) {
    guard case .form(let form) = region.roughness else { throw Failure(.internal, "unequal steps have a form") }
    #expect(region.entries == 3 && form.width == 2)
    #expect(zip([form[1, 0], form[2, 1]], [-1 / 0.2, -1 / 0.45]).allSatisfy { abs($0 - $1) < 1e-14 })
  }
  #expect(regions.dropFirst(2).map(\.entries) == [1, 1])
}
