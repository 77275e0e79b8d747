import Settings
import VectorFields

/// The residual networks for CIFAR images with pre-activation, by their number of convolutions in a row, and what stands in their stages:
///
///     3 × 3 to 16 channels; stages of 16, 32 and 64 channels, the second and third with stride 2; normalization, ReLU, global average, readout
///
/// `resnet` steps by Euler's method with step size 1, `lm_resnet` by the linear multi-step rule, `polynet` by two terms of a Neumann series, `fractalnet` by the rule with Heun's coefficients, `revnet` on halves of the channels.
/// The first block of a stage that changes the channels is a residual connector with a projected shortcut S(u) = K⋆σ(N₁(u)); for `lm_resnet` S(u) is also the earlier state of the stage's first step.
///
/// Sources: He et al. 2016, "Identity mappings in deep residual networks"; Lu et al. 2018 (arXiv:1710.10121), §2 and §5 (all but the last); Zhang et al. 2017 (PolyNet); Larsson et al. 2017 (FractalNet); Gomez et al. 2017 (RevNet).
struct ResidualNetwork: Sendable {
  /// What steps through a stage.
  enum Rule: String, Sendable, CaseIterable { case resnet, lm_resnet, polynet, fractalnet, revnet }

  let rule: Rule
  let depth: Int

  var name: String { "\(rule.rawValue)_\(depth)" }

  /// From 164 layers on, blocks are bottlenecks of three convolutions.
  private var isBottleneck: Bool { depth >= 164 }
  /// Convolutions in a row in one stage.
  private var convolutions: Int { (depth - 2) / 3 }
  /// Convolutions in a row in one block. Those of the rules with two fields have four.
  private var blockDepth: Int { isBottleneck ? 3 : rule == .fractalnet || rule == .revnet ? 4 : 2 }
  private var blocks: Int { (convolutions + blockDepth - 1) / blockDepth }

  var help: String {
    let what =
      switch rule {
      case .resnet: "ResNet with pre-activation"
      case .lm_resnet: "LM-ResNet: a linear multi-step rule with a trained k in each block"
      case .polynet: "PolyNet: residual blocks of order 2"
      case .fractalnet: "FractalNet: residual blocks of two fractal paths"
      case .revnet: "RevNet: reversible residual blocks on halves of the channels"
      }
    return "\(what), \(depth) layers in three stages\(isBottleneck ? " of bottlenecks" : "")"
  }

  @Sendable func parts(_ configuration: ArchitectureConfiguration) throws(Failure) -> ArchitectureParts {
    var elements: [ArchitectureElement] = [.connector("convolution", [("channels", 16), ("bias", "none")])]
    for (stage, width) in [16, 32, 64].enumerated() {
      let (channels, stride) = (isBottleneck ? 4 * width : width, stage == 0 ? 1 : 2)
      let begins = channels != 16 || stage > 0
      if begins { elements += beginning(channels, width, stride: stride) }
      // A residual connector is a block of the stage. Two paths of four convolutions need one of two beside them.
      if rule == .fractalnet, !begins { elements.append(steps(1, width, integrator: "euler")) }
      let hasBlock = begins ? rule != .revnet : rule == .fractalnet
      elements.append(steps(hasBlock ? blocks - 1 : blocks, width, integrator: integrator, begins && rule == .lm_resnet ? [("multistep_start", "given")] : []))
      if begins, rule == .lm_resnet { elements.append(.connector("first_channels", [("channels", .integer(channels))])) }
    }
    return ArchitectureParts(elements + [.connector("normalization", [("activation", "relu")]), .connector("global_average")])
  }

  private var integrator: String {
    switch rule {
    case .resnet: "euler"
    case .lm_resnet: "linear_multistep"
    case .polynet: "polynet"
    case .fractalnet: "fractal"
    case .revnet: "revnet"
    }
  }

  /// What changes channels and size at the beginning of a stage. `revnet` has nothing trained there. It copies channels: in channels of zeros the normalizations of its blocks would enlarge the rounding errors of recovered states.
  private func beginning(_ channels: Int, _ width: Int, stride: Int) -> [ArchitectureElement] {
    if rule == .revnet { return [.connector("average_pooling"), .connector("channel_copies", [("channels", .integer(channels))])] }
    var options: [(key: String, value: OptionValue)] = [
      ("channels", .integer(channels)), ("stride", .integer(stride)), ("shortcut", "normalized_projection"), ("activation", "relu"), ("remember", .flag(rule == .lm_resnet)),
    ]
    if isBottleneck { options += [("branch", "bottleneck"), ("inner_channels", .integer(width))] }
    return [.connector("residual", options)]
  }

  private func steps(_ layers: Int, _ width: Int, integrator: String, _ more: [(key: String, value: OptionValue)] = []) -> ArchitectureElement {
    var options: [(key: String, value: OptionValue)] = [
      ("field", isBottleneck ? "bottleneck" : "pre_activation"), ("operator", "convolution"), ("activation", "relu"), ("bias", "none"), ("integrator", .text(integrator)),
    ]
    if isBottleneck { options.append(("hidden_width", .integer(width))) }
    return .block(layers: layers, options + more)
  }
}

/// Those that the papers train, and PolyNet, FractalNet and RevNet of the same stages.
let residualNetworks =
  [ResidualNetwork.Rule.resnet, .lm_resnet].flatMap { rule in [14, 20, 32, 44, 56, 110, 164].map { ResidualNetwork(rule: rule, depth: $0) } }
  + [ResidualNetwork(rule: .polynet, depth: 20), ResidualNetwork(rule: .fractalnet, depth: 20), ResidualNetwork(rule: .revnet, depth: 38)]
