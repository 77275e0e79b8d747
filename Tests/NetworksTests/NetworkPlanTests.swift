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
    #expect(plan.width == 3)
    #expect(plan.opening == nil && plan.readout == nil)
    #expect(plan.tensors.map(\.name) == ["blocks.0.K", "blocks.0.b"])
  }

  @Test func initialScaleMultipliesTheWeightsDeviation() throws {
    let plan = try NetworkPlan(try specification(#"{"inputs": 16, "outputs": 2, "initial_scale": 0.5}"#))
    #expect(plan.tensors.map(\.initial) == [0.125, 0, 0.25, 0].map { .normal(deviation: $0) })
  }
}
