import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct ArchitectureRegistryTests {
  /// An image that the architecture takes, and the number of its classes.
  static func sizes(_ name: String) -> (shape: String, outputs: Int) {
    if name.hasSuffix("cifar100") { return ("[3, 32, 32]", 100) }
    if name.hasSuffix("stl10") { return ("[3, 96, 96]", 10) }
    return name.hasPrefix("hr_") || name.hasPrefix("near_identity") ? ("[1, 28, 28]", 10) : ("[3, 32, 32]", 10)
  }

  static func plan(_ name: String, more: String = "", shape: String? = nil, outputs: Int? = nil) throws -> NetworkPlan {
    let sizes = sizes(name)
    return try NetworkPlan(
      try specification(#"{"architecture": "\#(name)", "input_shape": \#(shape ?? sizes.shape), "outputs": \#(outputs ?? sizes.outputs)\#(more.isEmpty ? "" : ", " + more)}"#))
  }

  /// The papers' counts, computed from the structures given there: convolutions without bias, normalizations with scale and shift, a readout with bias, and the k that act.
  static let counts: [(name: String, outputs: Int, count: Int)] = [
    ("resnet_14", 10, 175_162), ("lm_resnet_14", 10, 175_165), ("resnet_20", 10, 272_378), ("resnet_32", 10, 466_810), ("resnet_44", 10, 661_242), ("resnet_56", 10, 855_674), ("resnet_110", 10, 1_730_618),
    ("resnet_110", 100, 1_736_468), ("lm_resnet_20", 10, 272_384), ("lm_resnet_32", 10, 466_822), ("lm_resnet_44", 10, 661_260), ("lm_resnet_56", 10, 855_698),
    ("lm_resnet_110", 10, 1_730_669), ("lm_resnet_110", 100, 1_736_519), ("pde_parabolic_cifar10", 10, 502_570), ("pde_second_order_cifar10", 10, 502_570),
    ("pde_hamiltonian_cifar10", 10, 264_106), ("pde_parabolic_cifar100", 100, 652_484), ("pde_second_order_cifar100", 100, 652_484),
    ("pde_hamiltonian_cifar100", 100, 362_180), ("pde_parabolic_stl10", 10, 618_554), ("pde_second_order_stl10", 10, 618_554), ("pde_hamiltonian_stl10", 10, 324_794),
  ]

  @Test(arguments: counts.indices) func parametersAreCountedAsInThePapers(_ index: Int) throws {
    let (name, outputs, count) = Self.counts[index]
    let plan = try Self.plan(name, outputs: outputs)
    #expect(plan.parameterCount - plan.runningAverages == count, "\(name)")
  }

  /// What the name says and the papers do not count: bottlenecks of 164 layers have about 1.7 million parameters, LM-ResNeXt 34.4 million, and options make it smaller.
  @Test func largeNetworksHaveTheirSize() throws {
    #expect(1_650_000..<1_750_000 ~= (try Self.plan("lm_resnet_164").parameterCount))
    #expect(34_350_000..<34_500_000 ~= (try Self.plan("lm_resnext_29").parameterCount))
    #expect(try Self.plan("lm_resnext_29", more: #""cardinality": 2, "base_width": 4"#).parameterCount < 3_000_000)
  }

  /// An architecture is a list of blocks, which is read back as it was written, and which options change in all blocks.
  @Test(arguments: architectures.names) func anArchitectureIsAListOfBlocks(_ name: String) throws {
    let plan = try Self.plan(name)
    let text = try plan.specification.json
    #expect(text["architecture"] == nil && (text["blocks"]?.elements?.count ?? 0) > 1)
    let again = try NetworkPlan(try NetworkSpecification(json: text))
    #expect(again.tensors.map(\.name) == plan.tensors.map(\.name) && again.tensors.map(\.shape) == plan.tensors.map(\.shape))
    let deeper = try Self.plan(name, more: #""layers": 4, "seed": 3"#)
    #expect(deeper.blocks.allSatisfy { $0.layers == 4 } && deeper.blocks.count == plan.blocks.count)
  }

  @Test func wrongRequestsAreRefusedWithTheReason() throws {
    func message(_ json: String) -> String { refusal { _ = try NetworkPlan(try specification(json)) }?.message ?? "accepted" }
    #expect(message(#"{"architecture": "lm_resnet_21", "input_shape": [3, 32, 32], "outputs": 10}"#).contains("did you mean 'lm_resnet_20'?"))
    #expect(message(#"{"architecture": "resnet_20", "outputs": 10}"#).contains("needs input_shape"))
    #expect(message(#"{"architecture": "resnet_20", "inputs": 784, "outputs": 10}"#).contains("needs input_shape"))
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 32, 32]}"#).contains("needs outputs"))
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 32, 32], "outputs": 10, "blocks": [{}]}"#).contains("both given"))
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 32, 32], "outputs": 10, "cardinality": 4}"#).contains("it belongs to lm_resnext_29"))
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 32, 32], "outputs": 10, "multistep_shape": "per_channel"}"#).contains("integrator euler has no option multistep_shape"))
    #expect(message(#"{"architecture": "hr_resnet_cnn", "input_shape": [4, 28, 28], "outputs": 10}"#)
        == "architecture hr_resnet_cnn: the image is copied to 6 channels, so input_shape must have 1, 2, 3 or 6 channels; it has 4")
    for channels in [1, 2, 3, 6] { #expect(message(#"{"architecture": "hr_resnet_cnn", "input_shape": [\#(channels), 8, 8], "outputs": 10}"#) == "accepted") }
    // Options without an effect.
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 32, 32], "outputs": 10, "width": 8}"#).hasPrefix("width is 8, but architecture resnet_20 says how many channels"))
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 32, 32], "outputs": 10, "opening": "dense"}"#).hasPrefix("opening is dense, but architecture resnet_20"))
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 32, 32], "outputs": 10, "width": 0, "opening": "zero_padding"}"#) == "accepted")
    // Places in the list, which the caller did not write, come with the name.
    #expect(message(#"{"architecture": "resnet_20", "input_shape": [3, 1, 1], "outputs": 10, "normalization": "instance"}"#).hasPrefix("architecture resnet_20, blocks["))
    #expect(message(#"{"architecture": 3, "input_shape": [4, 28, 28], "outputs": 10}"#).contains("architecture"))
  }

  /// LM-ResNet with k = 0 is ResNet, to the bit.
  @Test(arguments: Precision.allCases) func withoutMemoryLMResNetIsResNet(_ precision: Precision) throws {
    func network(_ name: String) throws -> Network {
      try Network(try specification(#"{"architecture": "\#(name)", "input_shape": [2, 12, 12], "outputs": 3, "precision": "\#(precision.name)", "seed": 4, "layers": 2}"#))
    }
    let (plain, multistep) = (try network("resnet_20"), try network("lm_resnet_20"))
    let numbers = try Numbers(multistep.plan.parameterCount, precision)
    let shared = multistep.plan.tensors.filter { !$0.name.hasSuffix(".k") }
    #expect(shared.count == plain.plan.tensors.count)
    let snapshot = plain.snapshot
    for (tensor, same) in zip(shared, plain.plan.tensors) {
      #expect(tensor.shape == same.shape)
      copy(snapshot.parameters[same.range], into: numbers.vector[tensor.range])
    }
    try withExtendedLifetime(snapshot) { try multistep.replaceParameters(with: numbers.vector) }
    let (first, second) = (try BatchCase(plain, samples: 20), try BatchCase(multistep, samples: 20))
    #expect(try first.predict().bits == second.predict().bits)
    #expect(try first.lossGradient().result == second.lossGradient().result)
  }
}
