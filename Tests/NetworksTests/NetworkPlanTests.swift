import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct NetworkPlanTests {
  private func failure(_ json: String) -> Failure? { refusal { _ = try NetworkPlan(try specification(json)) } }

  /// Combinations that must be refused, each with the words that its error text must contain.
  @Test(arguments: [
    (#"{"outputs": 2}"#, Status.invalidArgument, ["inputs is not set"]),
    (#"{"inputs": 2}"#, .invalidArgument, ["outputs is not set"]),
    (#"{"inputs": 5, "outputs": 2, "width": 4}"#, .incompatible, ["width is 4", "inputs, 5", "dense"]),
    (#"{"inputs": 2, "outputs": 2, "field": "dense", "gamma": 0.1}"#, .incompatible, ["dense has no option gamma", "antisymmetric"]),
    (#"{"inputs": 2, "outputs": 2, "field": "dense", "integrator": "verlet"}"#, .incompatible, ["verlet", "partitioned"]),
    (#"{"inputs": 2, "outputs": 2, "field": "antisymmetric", "memory": "reversible"}"#, .incompatible, ["reversible", "verlet"]),
    (#"{"inputs": 2, "outputs": 3, "readout": "identity"}"#, .incompatible, ["outputs is 3", "width is 2", "identity"]),
    (#"{"inputs": 2, "outputs": 2, "loss": "logistic"}"#, .incompatible, ["logistic", "outputs is 2"]),
    (#"{"inputs": 2, "outputs": 1}"#, .incompatible, ["softmax_cross_entropy", "outputs is 1"]),
    (#"{"inputs": 65536, "outputs": 2, "layers": 1000000}"#, .outOfRange, ["blocks.0.K", "2^40"]),
    (#"{"inputs": 2, "outputs": 2, "blocks": [{}, {"field": "dense", "integrator": "verlet"}]}"#, .incompatible, ["blocks[1]", "verlet"]),
    (#"{"inputs": 2, "outputs": 2, "blocks": [{"field": "hamiltonian", "gamma": 1}, {}]}"#, .incompatible, ["blocks[0]", "gamma"]),
  ] as [(String, Status, [String])])
  func refusesWithTheReason(_ json: String, _ status: Status, _ words: [String]) {
    let failure = failure(json)
    #expect(failure?.status == status)
    for word in words { #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "accepted") lacks '\(word)'") }
  }

  @Test func widthZeroIsAsManyAsInputsAndMapsMayBeAbsent() throws {
    let plan = try NetworkPlan(try specification(#"{"inputs": 3, "outputs": 3, "readout": "identity"}"#))
    #expect(plan.blocks.map(\.width) == [3] && plan.readout == nil)
    #expect(plan.stages.count == 1 && plan.stage(ofBlock: 0) == 0)
    #expect(plan.tensors.map(\.name) == ["blocks.0.K", "blocks.0.b"])
  }

  /// Opening, blocks and readout are the stages, in this order.
  @Test func stagesFollowTheSpecification() throws {
    let plan = try NetworkPlan(try specification(#"{"inputs": 3, "outputs": 4, "width": 5, "opening": "dense", "blocks": [{}, {}]}"#))
    let described = plan.stages.map { stage in
      switch stage {
      case .map(let connector): "\(connector.name): \(connector.input.features) to \(connector.output.features)"
      case .block(let index): "block \(index)"
      }
    }
    #expect(described == ["opening: 3 to 5", "block 0", "block 1", "readout: 5 to 4"])
    #expect((0..<2).map { plan.stage(ofBlock: $0) } == [1, 2])
  }

  @Test func initialScaleMultipliesTheWeightsDeviation() throws {
    let plan = try NetworkPlan(try specification(#"{"inputs": 16, "outputs": 2, "layers": 10, "initial_scale": 0.5}"#))
    #expect(plan.tensors.map(\.initial) == [0.125, 0, 0.25, 0].map { .normal(deviation: $0) })
  }
}
