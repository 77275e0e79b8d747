import Networks
import TestSupport
import Testing

@Suite struct BlockRecipeTests {
  private func plan(_ block: String) throws -> NetworkPlan { try NetworkPlan(try specification(#"{"inputs": 4, "outputs": 2, \#(block)}"#)) }

  @Test func stepSizesMakeANonUniformGrid() throws {
    let block = try plan(#""step_sizes": [0.5, 0.25, 1]"#).blocks[0]
    #expect(block.layers == 3 && block.grid.horizon == 1.75)
    #expect((0..<3).map(block.stepSize) == [0.5, 0.25, 1])
    // The same as text; and the specification that it writes gives the same network.
    let again = try NetworkPlan(NetworkSpecification(json: try plan(#""step_sizes": "0.5, 0.25, 1""#).specification.json))
    #expect(again.blocks[0].grid == block.grid)
  }

  @Test func stepSizesAgreeWithLayersAndHorizon() throws {
    #expect(try plan(#""step_sizes": [0.1, 0.2], "layers": 2, "horizon": 0.3"#).blocks[0].layers == 2)
    let layers = refusal { _ = try plan(#""step_sizes": [0.1, 0.2], "layers": 3"#) }
    #expect(layers?.status == .incompatible && layers?.message.contains("layers is 3") == true)
    let horizon = refusal { _ = try plan(#""step_sizes": [0.1, 0.2], "horizon": 1"#) }
    #expect(horizon?.status == .incompatible && horizon?.message.contains("horizon is 1") == true)
    let step = refusal { _ = try plan(#""step_sizes": [0.1, 0]"#) }
    #expect(step?.status == .outOfRange && step?.message.contains("step_sizes[1]") == true)
  }

  @Test func sharedWeightsAreOneEntry() throws {
    let plan = try plan(#""weights_in_time": "shared", "layers": 20"#)
    #expect(plan.tensors.first { $0.name == "blocks.0.K" }?.shape == [1, 4, 4])
    #expect(plan.extendedCount == plan.parameterCount)
  }

  @Test func optionsOfOthersAreRefusedWithTheirOwners() throws {
    let failure = refusal { _ = try plan(#""field": "dense", "gamma": 0.1"#) }
    #expect(failure?.status == .incompatible)
    #expect(failure?.message.contains("field dense has no option gamma") == true && failure?.message.contains("antisymmetric") == true)
  }
}
