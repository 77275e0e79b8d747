import Networks
import Settings
import TestSupport
import Testing

@Suite struct NetworkSpecificationTests {
  /// Texts that must be refused, each with the words that its message must contain.
  @Test(arguments: [
    (#"[]"#, Status.invalidArgument, ["JSON object", "array"]),
    (#"{"layrs": 3}"#, .unknownName, ["layrs", "did you mean 'layers'"]),
    (#"{"layers": "many"}"#, .unsupportedType, ["layers", "an integer", "'many'"]),
    (#"{"layers": [3]}"#, .unsupportedType, ["layers", "an integer", "the list [3]"]),
    (#"{"field": [3]}"#, .unsupportedType, ["field", "a text", "the list [3]"]),
    (#"{"layers": 2.5}"#, .unsupportedType, ["layers", "an integer", "2.5"]),
    (#"{"layers": {"a": 1}}"#, .unsupportedType, ["layers", "an integer, between 1", #"the object {"a":1}"#]),
    (#"{"layers": ["a"]}"#, .unsupportedType, ["layers", "an integer, between 1", #"the list ["a"]"#]),
    (#"{"layers": 0}"#, .outOfRange, ["layers is 0", "between 1"]),
    (#"{"horizon": 0}"#, .outOfRange, ["horizon is 0", "> 0"]),
    (#"{"horizon": -1.5}"#, .outOfRange, ["horizon is -1.5"]),
    (#"{"gamma": -1}"#, .outOfRange, ["gamma is -1"]),
    (#"{"field": "antisymetric"}"#, .unknownName, ["did you mean 'antisymmetric'"]),
    (#"{"precision": "float16"}"#, .unknownName, ["float16", "float32"]),
    (#"{"blocks": {}}"#, .invalidArgument, ["blocks must be an array", "an object"]),
    (#"{"blocks": 3}"#, .invalidArgument, ["blocks must be an array", "an integer"]),
    (#"{"blocks": []}"#, .invalidArgument, ["blocks is an empty array", "at least one block"]),
    (#"{"blocks": [{"conector": "flatten"}, {}]}"#, .unknownName, ["blocks[0]", "did you mean 'connector'"]),
    (#"{"blocks": [{}, 7]}"#, .invalidArgument, ["blocks[1] must be an object", "an integer"]),
    (#"{"blocks": [{}, {"layers": -4}]}"#, .outOfRange, ["blocks[1]", "layers is -4"]),
    (#"{"blocks": [{"lairs": 4}]}"#, .unknownName, ["blocks[0]", "lairs", "layers"]),
    (#"{"blocks": [{"inputs": 4}]}"#, .unknownName, ["blocks[0]", "inputs"]),
    (#"{"blocks": [{}, {"layers": true}]}"#, .unsupportedType, ["blocks[1]", "layers"]),
  ] as [(String, Status, [String])])
  func refusesWithTheReason(_ json: String, _ status: Status, _ words: [String]) throws {
    let failure = refusal { _ = try specification(json) }
    #expect(failure?.status == status)
    for word in words { #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "accepted") lacks '\(word)'") }
  }

  @Test func refusesMoreBlocksThanAllowed() throws {
    let many = "{\"blocks\": [" + Array(repeating: "{}", count: NetworkSpecification.maximumBlocks + 1).joined(separator: ",") + "]}"
    #expect(refusal { _ = try specification(many) }?.status == .outOfRange)
    var built = NetworkSpecification()
    for _ in 1..<NetworkSpecification.maximumBlocks { try built.addBlock() }
    #expect(refusal { try built.addBlock() }?.status == .outOfRange)
  }

  @Test func appliesWhollyOrNotAtAll() throws {
    var changed = try specification(#"{"inputs": 3, "outputs": 2, "layers": 7}"#)
    let before = try changed.json
    let refused = refusal { try changed.apply(json: try JSON.read(#"{"width": 9, "blocks": [{"layers": 2}], "layers": 0}"#, limit: 1000)) }
    #expect(refused?.status == .outOfRange && refused?.message.contains("layers is 0; ") == true)
    #expect(try changed.json == before)
  }

  /// Block options next to "blocks" apply to every block, whatever the order of the members; a block's own options override them.
  @Test func optionsBesideBlocksAreThoseOfEveryBlock() throws {
    let built = try specification(#"{"layers": 8, "blocks": [{}, {"layers": 3}], "inputs": 2, "field": "dense"}"#)
    #expect(try built.blocks.map { (block) throws in try block.integer("layers") } == [8, 3])
    #expect(try built.blocks.map { (block) throws in try block.text("field") } == ["dense", "dense"])
  }

  /// The written text states every default, and reading it gives the same specification and the same network.
  @Test(arguments: [
    #"{"inputs": 3, "outputs": 2}"#,
    #"{"inputs": 3, "outputs": 2, "width": 8, "opening": "dense", "precision": "float64", "seed": 9007199254740993, "loss": "least_squares", "horizon": 0.1}"#,
    #"{"inputs": 3, "outputs": 2, "blocks": [{"field": "hamiltonian", "integrator": "verlet", "memory": "reversible"}, {"gamma": 0.3, "layers": 4}]}"#,
  ]) func roundTripsThroughJSON(_ json: String) throws {
    let first = try specification(json)
    let text = try first.json.written()
    let second = try specification(text)
    #expect(try second.json == first.json)
    #expect(try second.json.written() == text)
    // Options of sequences are written only for sequences (SequencePlanTests), the shape of images only for images, and those of a loss with that loss.
    let elsewhere = Set(sequenceOptions.map(\.key)).union(["input_shape", "huber_delta", "quantiles", "output_weights", "margin_radius"])
    for option in networkOptions where !elsewhere.contains(option.key) { #expect(try first.json[option.key] != nil, "\(option.key)") }
    let (a, b) = (try Network(first), try Network(second))
    #expect(a.plan.tensors.map(\.name) == b.plan.tensors.map(\.name))
    let (x, y) = (a.snapshot, b.snapshot)
    withExtendedLifetime((x, y)) {
      #expect((0..<a.plan.parameterCount).allSatisfy { x.parameters.load($0) == y.parameters.load($0) })
    }
  }

  /// Options of single fields are written only where they apply. Otherwise reading would refuse, for example, gamma of a dense block.
  @Test func writesGammaOnlyForFieldsThatTakeIt() throws {
    let json = try specification(#"{"inputs": 2, "outputs": 2, "blocks": [{"field": "dense"}, {"field": "antisymmetric"}]}"#).json
    #expect(json["blocks"]?.elements?.map { $0["gamma"] != nil } == [false, true])
  }

  @Test func setAndAddBlockBuildWhatJSONBuilds() throws {
    var built = NetworkSpecification()
    try built.set("inputs", .integer(2))
    try built.set("outputs", .integer(2))
    try built.set("layers", .integer(3))
    try built.addBlock()
    try built.set("field", .text("dense"))
    #expect(try built.json == specification(#"{"inputs": 2, "outputs": 2, "blocks": [{"layers": 3}, {"layers": 3, "field": "dense"}]}"#).json)
    #expect(refusal { try built.set("layrs", .integer(1)) }?.message.contains("did you mean 'layers'") == true)
  }
}
