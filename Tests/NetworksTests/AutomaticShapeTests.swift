import Networks
import Settings
import TestSupport
import Testing

@Suite struct AutomaticShapeTests {
  private func specification(_ json: String) throws -> NetworkSpecification { try NetworkSpecification(json: try JSON.read(json, limit: 1000)) }
  private func choices(_ json: String) throws -> [JSON?] {
    let written = try NetworkPlan(specification(json)).specification.json
    let block = written["blocks"]?.elements?.first
    return [written["opening"], written["width"], block?["layers"], block?["horizon"]]
  }

  @Test func aTableGetsATrainedOpeningAndFewLayers() throws {
    #expect(try choices(#"{"inputs": 4, "outputs": 3}"#) == [.text("dense"), .integer(64), .integer(5), .real(2)])
    #expect(try choices(#"{"inputs": 500, "outputs": 3, "field": "gradient_flow"}"#) == [.text("dense"), .integer(128), .integer(5), .real(2)])
    #expect(try choices(#"{"inputs": 4, "outputs": 3, "width": null}"#)[1] == .integer(64))
  }

  /// Every option that describes the network keeps the fixed defaults of the others.
  @Test(arguments: [
    (#""width": 9"#, 9, 10), (#""opening": "zero_padding""#, 0, 10), (#""layers": 7"#, 0, 7), (#""horizon": 2"#, 0, 10), (#""blocks": [{}]"#, 0, 10),
    (#""readout": "identity", "inputs": 3"#, 0, 10), (#""weights_in_time": "shared""#, 0, 10),
  ]) func whatIsDescribedStays(_ given: String, _ width: Int64, _ layers: Int64) throws {
    let found = try choices("{\"outputs\": 3, \(given.contains("inputs") ? "" : "\"inputs\": 4, ")\(given)}")
    #expect(found == [.text("zero_padding"), .integer(width), .integer(layers), given.contains("horizon") ? .real(2) : .real(1)])
  }

  /// The written specification makes the same network; one that is not complete leaves open what is not chosen yet.
  @Test func theChoicesAreWritten() throws {
    let made = try network(#"{"inputs": 4, "outputs": 3, "seed": 2}"#)
    let again = try Network(NetworkSpecification(json: made.plan.specification.json))
    let (first, second) = (made.snapshot.parameters, again.snapshot.parameters)
    #expect((0..<first.count).map { first.load($0) } == (0..<second.count).map { second.load($0) })
    withExtendedLifetime((made, again)) {}
    var open = try specification(#"{"outputs": 3}"#)
    let written = try open.json
    #expect(written["width"] == nil && written["opening"] == nil && written["blocks"]?.elements?.first?["layers"] == nil)
    try open.set("inputs", .integer(4))
    #expect(try open.json["width"] == .integer(64))
  }

  /// The layers of a table begin with biases, and what is set wins; others begin with zeros.
  @Test func theLayersOfATableBeginWithBiases() throws {
    func deviation(_ extra: String) throws -> (written: JSON?, drawn: Double) {
      let made = try network("{\"inputs\": 4, \"outputs\": 3\(extra)}")
      let tensor = try #require(made.plan.tensors.first { $0.name == "blocks.0.b" })
      let numbers = made.snapshot.parameters
      let squares = tensor.range.reduce(0) { $0 + numbers.load($1) * numbers.load($1) }
      return (try made.plan.specification.json["blocks"]?.elements?.first?["initial_bias"], (squares / Double(tensor.range.count)).squareRoot())
    }
    let (table, given, described) = (try deviation(""), try deviation(#", "initial_bias": 0.5, "initial_scale": 3"#), try deviation(#", "width": 64"#))
    #expect(table.written == .real(1) && abs(table.drawn - 1) < 0.1)
    #expect(given.written == .real(0.5) && abs(given.drawn - 0.5) < 0.05)
    #expect(described.written == .real(0) && described.drawn == 0)
    var open = try specification(#"{"outputs": 3, "initial_bias": 0.5}"#)
    #expect(try open.json["blocks"]?.elements?.first?["initial_bias"] == .real(0.5))
    try open.set("inputs", .integer(4))
    #expect(try open.json["width"] == .integer(64))
  }

  /// Changes of an existing network keep what was chosen for it.
  @Test func projectionKeepsTheChoices() throws {
    let made = try network(#"{"inputs": 4, "outputs": 3}"#)
    let changed = try made.projected(onto: made.plan.specification.changing(json: try JSON.read(#"{"layers": 6}"#, limit: 100)))
    let written = try changed.plan.specification.json
    #expect(written["width"] == .integer(64) && written["opening"] == .text("dense") && written["blocks"]?.elements?.first?["layers"] == .integer(6))
  }
}
