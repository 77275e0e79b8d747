import Networks
import Settings
import TestSupport
import Testing

@Suite struct SpecificationChangesTests {
  private static let two = #"{"inputs": 3, "outputs": 2, "width": 4, "blocks": [{"field": "dense", "layers": 6, "horizon": 2.0, "integrator": "heun", "weights_in_time": "piecewise_linear", "basis_count": 3}, {"field": "gradient_flow", "hidden_width": 5, "layers": 4}]}"#

  private func changed(_ before: String, _ changes: String) throws -> NetworkSpecification {
    let changed = try specification(before).changing(json: try JSON.read(changes, limit: 10_000))
    // The result is the specification of a network.
    _ = try NetworkPlan(changed)
    return changed
  }

  private func values(_ specification: NetworkSpecification, _ key: String) throws -> [OptionValue] {
    try specification.blocks.map { (block) throws in try block.value(key) }
  }

  @Test func givenOptionsChangeInEveryBlock() throws {
    let all = try changed(Self.two, #"{"layers": 8}"#)
    #expect(try values(all, "layers") == [.integer(8), .integer(8)])
    // All other options stay.
    #expect(try values(all, "field") == [.text("dense"), .text("gradient_flow")])
    #expect(try values(all, "horizon") == [.real(2), .real(1)])
    #expect(try values(all, "basis_count")[0] == .integer(3))
    #expect(try values(all, "hidden_width")[1] == .integer(5))
    let (same, before) = (try changed(Self.two, "{}").json, try specification(Self.two).json)
    #expect(same == before)
  }

  @Test func oneBlockIsNamedOrEachHasAnObject() throws {
    #expect(try values(try changed(Self.two, #"{"block": 1, "layers": 8}"#), "layers") == [.integer(6), .integer(8)])
    #expect(try values(try changed(Self.two, #"{"blocks": [{"layers": 8}, {}]}"#), "layers") == [.integer(8), .integer(4)])
    let each = try changed(Self.two, #"{"blocks": [{"layers": 9}, {}], "layers": 8, "horizon": 3}"#)
    #expect(try values(each, "layers") == [.integer(9), .integer(8)])
    #expect(try values(each, "horizon") == [.real(3), .real(3)])
    #expect(try values(each, "integrator") == [.text("heun"), .text("euler")])
  }

  /// Choosing another kind of weights in time drops the number of coefficients; between bases that use it, the number stays.
  @Test func optionsOfWhatIsLeftGo() throws {
    let left = try changed(Self.two, #"{"weights_in_time": "layers"}"#)
    #expect(left.blocks.allSatisfy { !$0.isSet("basis_count") })
    #expect(try values(try changed(Self.two, #"{"block": 0, "weights_in_time": "polynomial"}"#), "basis_count")[0] == .integer(3))
    // An option that is given but applies to no choice is still refused.
    #expect(refusal { _ = try changed(Self.two, #"{"weights_in_time": "layers", "basis_count": 5}"#) }?.message.contains("has no option basis_count") == true)
    // So is such an option in a specification that states every default.
    let whole = try specification(Self.two).json.written()
    let shared = try changed(whole, #"{"weights_in_time": "shared"}"#)
    #expect(!shared.blocks[0].isSet("basis_count"))
  }

  @Test(arguments: [
    // With more layers the steps are equal over the same horizon.
    (#"{"layers": 6}"#, 6, 1.5, ""), (#"{"layers": 6, "horizon": 3}"#, 6, 3.0, ""), (#"{"step_sizes": []}"#, 3, 1.5, ""),
    // With as many layers the steps stay, or are scaled to a new horizon.
    (#"{"layers": 3}"#, 3, 1.5, "0.5,0.25,0.75"), (#"{"horizon": 3}"#, 3, 3.0, "1.0,0.5,1.5"),
    // New step sizes set the number of layers and the horizon.
    (#"{"step_sizes": [1, 2]}"#, 2, 3.0, "1,2"),
  ] as [(String, Int, Double, String)]) func gridsGiveWay(_ changes: String, _ layers: Int, _ horizon: Double, _ steps: String) throws {
    for start in [#"{"inputs": 2, "outputs": 2, "step_sizes": [0.5, 0.25, 0.75]}"#, #"{"inputs": 2, "outputs": 2, "step_sizes": [0.5, 0.25, 0.75], "layers": 3, "horizon": 1.5}"#] {
      let after = try changed(start, changes)
      let grid = try NetworkPlan(after).blocks[0].grid
      let text = try after.blocks[0].text("step_sizes")
      #expect(grid.layers == layers && grid.horizon == horizon && text == steps)
    }
    let steps = try changed(Self.two, #"{"block": 0, "step_sizes": [1, 2]}"#)
    #expect(try NetworkPlan(steps).blocks.map(\.grid.layers) == [2, 4])
  }

  @Test(arguments: [
    (#"[]"#, Status.invalidArgument, "JSON object"), (#"{"blocks": [{"layers": 8}]}"#, .invalidArgument, "blocks has 1 object; the network has 2 blocks"),
    (#"{"blocks": [{}, {}], "block": 0}"#, .invalidArgument, "block and blocks"), (#"{"block": 2}"#, .outOfRange, "blocks 0 … 1"), (#"{"block": -1}"#, .outOfRange, "block is -1"),
    (#"{"block": "first"}"#, .unsupportedType, "index"), (#"{"layrs": 2}"#, .unknownName, "did you mean 'layers'"), (#"{"blocks": [{}, {"layers": 0}]}"#, .outOfRange, "blocks[1]"),
    (#"{"layers": 0}"#, .outOfRange, "layers is 0"),
  ] as [(String, Status, String)]) func refusesWithTheReason(_ changes: String, _ status: Status, _ words: String) throws {
    let failure = refusal { _ = try changed(Self.two, changes) }
    #expect(failure?.status == status && failure?.message.contains(words) == true, "\(failure?.message ?? "accepted")")
  }
}
