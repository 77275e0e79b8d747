import Settings
import VectorFields

/// The networks of the literature by name. An architecture is a list of connectors and blocks, which replaces the name where a specification is read, and can be edited from there on.
package let architectures = Registry<ArchitectureEntry>(
  "architecture",
  residualNetworks.map { ($0.name, $0.help, ArchitectureEntry($0.parts)) } + [resNeXt29] + haberRuthottoNetworks + pdeNetworks + reversibleNetworks + [nearIdentityNetwork])

/// The options of scope "architecture": its name, then those that single architectures take.
package let architectureOptions: [OptionDescription] = [
  OptionDescription("architecture", .choice(architectures.names), default: .text(""), required: true, "a network of the literature, which becomes the list blocks")
] + architectures.options

extension NetworkSpecification {
  /// Writes the architecture that a JSON object names out as connectors and blocks.
  ///
  /// `self` holds the options of the network already. Block options beside "architecture" change all blocks of it, as they do in `changing(json:)`; another number of layers keeps the step size, unless the architecture keeps its
  /// horizon, and the weights of more layers may begin smaller. Options of normalizations, padding and products also change the connectors that take them, and the activation those that have one.
  func replacingBlocks(byArchitectureIn json: JSON) throws(Failure) -> NetworkSpecification {
    guard let members = json.members else { return self }
    guard json["blocks"] == nil else {
      throw Failure(.incompatible, "architecture and blocks are both given; an architecture becomes the list blocks: leave one out, or read the list from the network's specification and change it there")
    }
    var options = OptionValues(scope: "architecture", architectureOptions)
    var blockMembers: [(key: String, value: JSON)] = []
    for (key, value) in members where !networkOptions.contains(where: { $0.key == key }) {
      if architectureOptions.contains(where: { $0.key == key }) {
        try options.set(key, OptionValue(value))
      } else {
        blockMembers.append((key, value))
      }
    }
    let name = try options.text("architecture")
    let entry = try architectures(name)
    for option in architectureOptions where options.isSet(option.key) && option.key != "architecture" && !entry.options.contains(where: { $0.key == option.key }) {
      throw Failure(.incompatible, "architecture \(name) has no option \(option.key); it belongs to \(enumeration(OptionChooser("architecture", architectures).takers(of: option.key)))")
    }
    let inputs = try NetworkPlan.inputShape(network)
    guard let input = inputs, input.isImage else { throw Failure(.invalidArgument, "architecture \(name) needs input_shape, the extents of an image: channels, height, width") }
    if network.isSet("width"), try network.integer("width") != 0 {
      throw Failure(.incompatible, "width is \(try network.integer("width")), but architecture \(name) says how many channels its blocks have, and begins with those of the image; leave width out")
    }
    if network.isSet("opening"), try openings(try network.text("opening")) != .zeroPadding {
      throw Failure(.incompatible, "opening is \(try network.text("opening")), but architecture \(name) begins with the image itself; leave opening out")
    }
    guard network.isSet("outputs") else { throw Failure(.invalidArgument, "architecture \(name) needs outputs, the number of classes or target values") }
    let outputs = try network.integer("outputs")
    let parts: ArchitectureParts
    do throws(Failure) { parts = try entry.make(ArchitectureConfiguration(options: options, input: input, outputs: outputs)) } catch {
      throw Failure(error.status, "architecture \(name): \(error.message)")
    }
    var changed = try replacingBlocks(by: parts)
    changed.architecture = name
    for (key, value) in parts.network where !network.isSet(key) { changed = try changed.changingNetwork(key, value) }
    let given = blockMembers.map(\.key)
    if case .integer(let layers)? = json["layers"].map(OptionValue.init), layers > 0 {
      changed = try changed.changingBlocks { (_, block) throws(Failure) in
        let ratio = Double(layers) / Double(try block.integer("layers"))
        if !parts.keepsHorizon, !given.contains("horizon"), !given.contains("step_sizes") { try block.set("horizon", .real(ratio * (try block.real("horizon")))) }
        if parts.keepsGrowth, ratio > 1, !given.contains("initial_scale") { try block.set("initial_scale", .real((1 / ratio).squareRoot())) }
      }
    }
    changed = try changed.changingConnectors { (_, connector) throws(Failure) in
      // The normalization first: it decides which options the connector takes.
      for (key, value) in blockMembers.filter({ $0.key == "normalization" }) + blockMembers.filter({ $0.key != "normalization" }) {
        let (isMeant, taken) = (sharedOptions.contains(key) || key == "activation" && connector.isSet(key), try takenConnectorOptions(connector))
        if isMeant, taken.contains(key) { try connector.set(key, OptionValue(value)) }
      }
    }
    return try changed.changing(json: .object(blockMembers))
  }
}

/// The options beside an architecture's name that hold for its connectors as for its blocks.
private let sharedOptions = normalizationOptions.map(\.key) + ["padding", "convolution"]

extension OptionValues {
  func setting(_ values: [(key: String, value: OptionValue)]) throws(Failure) -> OptionValues {
    var changed = self
    for (key, value) in values { try changed.set(key, value) }
    return changed
  }
}
