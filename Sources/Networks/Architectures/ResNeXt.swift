import Settings

private let cardinality = OptionDescription("cardinality", .integer(1...1024), default: .integer(8), unit: "groups", "groups of the middle convolution of each bottleneck")
private let baseWidth = OptionDescription("base_width", .integer(1...4096), default: .integer(64), unit: "channels", "channels of each group in the first stage; it doubles from stage to stage")

/// LM-ResNeXt-29: three stages of three bottlenecks with grouped convolutions, stepped by the linear multi-step rule.
///
/// With the defaults, 8 groups of 64 channels, it has about 34.4 million parameters. Sources: Xie et al. 2017 (ResNeXt); Lu et al. 2018, §2 and §5 (the rule on it).
let resNeXt29: (name: String, help: String, entry: ArchitectureEntry) = (
  "lm_resnext_29", "LM-ResNeXt: three stages of three bottlenecks with grouped convolutions, a linear multi-step rule with a trained k in each block",
  ArchitectureEntry(options: [cardinality, baseWidth]) { (configuration) throws(Failure) in
    let (groups, base) = (try configuration.options.integer("cardinality"), try configuration.options.integer("base_width"))
    var elements: [ArchitectureElement] = [.connector("convolution", [("channels", 64), ("bias", "none")])]
    for stage in 0..<3 {
      let (channels, inner) = (256 << stage, groups * base << stage)
      elements += [
        .connector(
          "residual",
          [
            ("channels", .integer(channels)), ("stride", .integer(stage == 0 ? 1 : 2)), ("shortcut", "normalized_projection"), ("activation", "relu"), ("remember", .flag(true)),
            ("branch", "bottleneck"), ("inner_channels", .integer(inner)), ("groups", .integer(groups)),
          ]),
        .block(
          layers: 2,
          [
            ("field", "bottleneck"), ("operator", "convolution"), ("activation", "relu"), ("bias", "none"), ("hidden_width", .integer(inner)), ("groups", .integer(groups)),
            ("integrator", "linear_multistep"), ("multistep_start", "given"),
          ]),
        .connector("first_channels", [("channels", .integer(channels))]),
      ]
    }
    return ArchitectureParts(elements + [.connector("normalization", [("activation", "relu")]), .connector("global_average")])
  }
)
