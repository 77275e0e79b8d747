import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct NetworkProjectionTests {
  private func text(_ block: String, integrator: String = "rk4", field: String = "dense") -> String {
    #"{"inputs": 3, "outputs": 2, "width": 4, "opening": "dense", "precision": "float64", "seed": 9, "blocks": [{"field": "\#(field)", "integrator": "\#(integrator)", "horizon": 1.5, \#(block)}]}"#
  }

  private func scores(_ network: Network) throws -> [Double] { try BatchCase(network, samples: 20).predict().values }

  /// If the new space contains the old weights and the steps are the same, the network computes the same function.
  @Test(arguments: [
    (#""layers": 6, "weights_in_time": "piecewise_linear", "basis_count": 4"#, #""layers": 6, "weights_in_time": "piecewise_linear", "basis_count": 7"#),
    (#""layers": 6, "weights_in_time": "polynomial", "basis_count": 3"#, #""layers": 6, "weights_in_time": "b_spline", "basis_count": 8"#),
    (#""layers": 6, "weights_in_time": "shared""#, #""layers": 6, "weights_in_time": "polynomial", "basis_count": 4"#),
    (#""layers": 6, "weights_in_time": "piecewise_constant", "basis_count": 3"#, #""layers": 6"#),
    (#""step_sizes": [0.5, 0.25, 0.75], "weights_in_time": "shared""#, #""step_sizes": [0.5, 0.25, 0.75]"#),
  ]) func keepsTheFunctionThatItHolds(_ old: String, _ new: String) throws {
    let source = try network(text(old))
    let target = try source.projected(onto: try specification(text(new)))
    // The rounding errors of the projection, over six layers.
    #expect(largestDifference(try scores(target), try scores(source)) < 1e-12)
    let (found, wanted) = (try target.plan.specification.json, try specification(text(new)).json)
    #expect(found == wanted)
  }

  /// Without changed options the network keeps its bits; with twice the layers each weight appears twice.
  @Test func copiesLayers() throws {
    let source = try network(text(#""layers": 3"#, integrator: "euler"))
    let same = try source.projected(onto: source.plan.specification)
    #expect(bits(same) == bits(source))
    let twice = try source.projected(onto: try specification(text(#""layers": 6"#, integrator: "euler")))
    for tensor in source.plan.tensors {
      let new = try twice.tensor(tensor.name)
      let (before, after) = (values(source, tensor), values(twice, new))
      let size = tensor.block == nil ? after.count : before.count / 3
      var wanted = before
      if tensor.block != nil { wanted = (0..<6).flatMap { layer in Array(before[layer / 2 * size..<(layer / 2 + 1) * size]) } }
      #expect(after == wanted, "\(tensor.name)")
    }
  }

  /// The weights k of a linear multistep method, which the first layer does not have, are projected as a function of the layers.
  @Test func projectsTensorsOfTheIntegratorsOwn() throws {
    let source = try network(text(#""layers": 3"#, integrator: "linear_multistep"))
    let twice = try source.projected(onto: try specification(text(#""layers": 6"#, integrator: "linear_multistep")))
    let (old, new) = (values(source, try source.tensor("blocks.0.k")), values(twice, try twice.tensor("blocks.0.k")))
    let size = old.count / 2
    #expect(new.count == 5 * size)
    // Layers 1 to 5 of six lie in the layers 0, 1, 1, 2, 2 of three, of which layer 0 counts as layer 1.
    let wanted = [0, 0, 0, 1, 1].flatMap { (layer: Int) in Array(old[layer * size..<(layer + 1) * size]) }
    #expect(new == wanted)
  }

  @Test func refusesWhatIsNoProjection() throws {
    let source = try network(text(#""layers": 3"#))
    for (other, part) in [
      (text(#""layers": 3, "bias": "none""#), "tensors"),
      (text(#""layers": 3"#).replacing(#""width": 4"#, with: #""width": 5"#), "shape"), (text(#""layers": 3"#).replacing("float64", with: "float32"), "float64"),
      (text(#""layers": 5000"#), "4096"),
    ] {
      let failure = refusal { _ = try source.projected(onto: try specification(other)) }
      #expect(failure != nil && failure?.message.contains(part) == true, "\(other): \(failure?.message ?? "")")
    }
  }

  private func values(_ network: Network, _ tensor: ParameterTensor) -> [Double] {
    let snapshot = network.snapshot
    return withExtendedLifetime(snapshot) { tensor.range.map { snapshot.parameters.load($0) } }
  }

  private func bits(_ network: Network) -> [UInt64] { network.plan.tensors.flatMap { values(network, $0).map(\.bitPattern) } }
}
