import Settings
import VectorFields

/// The options that define a network: those of the network, of each of its blocks, and of the connectors between them. Values are checked when they are set, and their combination when a network is made.
package struct NetworkSpecification: Sendable {
  package private(set) var network = OptionValues(scope: "network", networkOptions)
  /// At least one block. The last is the current one, to which block options apply.
  package private(set) var blocks = [OptionValues(scope: "block", blockOptions)]
  /// Whether the blocks were given as a list, which describes the network.
  private(set) var listsBlocks = false
  /// The connectors before each block, in order, and those after the last block.
  package private(set) var connectors: [[OptionValues]] = [[], []]

  /// The name that the list of blocks was read by; nil for a list that the caller wrote. Messages about places in the list name it.
  var architecture: String?

  /// The most blocks and connectors a network may have.
  package static let maximumBlocks = 1024

  package init() {}

  /// - Throws: what `apply(json:)` throws.
  package init(json: JSON) throws(Failure) { try apply(json: json) }

  /// Sets an option of the network or of the current block. null leaves an automatic one open.
  package mutating func set(_ key: String, _ value: OptionValue) throws(Failure) {
    if networkOptions.contains(where: { $0.key == key }) {
      try network.setOrOpen(key, value)
    } else if blockOptions.contains(where: { $0.key == key }) {
      try blocks[blocks.count - 1].setOrOpen(key, value)
    } else if key == "architecture" {
      throw Failure(.incompatible, "architecture stands for a list of blocks; it is read from JSON, together with input_shape and outputs")
    } else if architectures.options.contains(where: { $0.key == key }) {
      throw Failure(.incompatible, "\(key) belongs to architecture \(enumeration(OptionChooser("architecture", architectures).takers(of: key))), and no architecture is given")
    } else {
      throw unknownName(key, what: "network or block option", allowed: networkOptions.map(\.key) + blockOptions.map(\.key) + ["architecture"])
    }
  }

  /// Appends a block, a copy of the current one, and makes it the current one.
  package mutating func addBlock() throws(Failure) {
    guard blocks.count + connectors.joined().count < Self.maximumBlocks else { throw Failure(.outOfRange, "a network has at most \(Self.maximumBlocks) blocks and connectors") }
    guard let current = blocks.last else { return }
    blocks.append(current)
    connectors.insert([], at: blocks.count - 1)
  }

  /// The same specification with one option of the network changed.
  package func changingNetwork(_ key: String, _ value: OptionValue) throws(Failure) -> NetworkSpecification {
    var changed = self
    try changed.network.set(key, value)
    return changed
  }

  /// Chooses a value for an automatic option of the network or of the only block.
  mutating func choose(_ key: String, _ value: OptionValue, inBlock: Bool) throws(Failure) {
    if inBlock { try blocks[0].choose(key, value) } else { try network.choose(key, value) }
  }

  /// The same specification without options of losses that its loss does not take, except for those in `given`.
  func settlingLoss(given: [String]) throws(Failure) -> NetworkSpecification {
    var changed = self
    let taken = try takenLossOptions(network)
    for option in losses.options where !taken.contains(option.key) && !given.contains(option.key) { changed.network.reset(option.key) }
    return changed
  }

  /// The place of a block in the list "blocks", among the connectors.
  func place(ofBlock index: Int) -> Int { index + connectors[...index].joined().count }

  /// The same specification with options of its connectors changed. `place` is that in the list "blocks".
  func changingConnectors(_ change: (_ place: Int, _ connector: inout OptionValues) throws(Failure) -> Void) throws(Failure) -> NetworkSpecification {
    var changed = self
    var place = 0
    for block in connectors.indices {
      for index in connectors[block].indices {
        try change(place, &changed.connectors[block][index])
        place += 1
      }
      place += 1
    }
    return changed
  }

  /// The same specification with options of its blocks changed.
  func changingBlocks(_ change: (_ index: Int, _ block: inout OptionValues) throws(Failure) -> Void) throws(Failure) -> NetworkSpecification {
    var changed = self
    for index in blocks.indices { try change(index, &changed.blocks[index]) }
    return changed
  }

  /// Sets all options of a JSON object, or none on failure.
  ///
  /// "blocks" holds one object per block and replaces the blocks: each starts from the defaults, then takes the block options beside "blocks", then its own. An object with the member "connector" is a connector at
  /// this place; it takes its own options alone. Without "blocks", block options apply to the current block. (`changing(json:)` changes the blocks of an existing network.)
  /// "architecture" names a list of blocks (`architectures`); block options beside it then change all of its blocks.
  package mutating func apply(json: JSON) throws(Failure) {
    guard let members = json.members else { throw Failure(.invalidArgument, "a specification is a JSON object of options; given: \(json.kindName)") }
    var changed = self
    if json["architecture"] != nil {
      for (key, value) in members where networkOptions.contains(where: { $0.key == key }) { try changed.set(key, OptionValue(value)) }
      self = try changed.replacingBlocks(byArchitectureIn: json)
      return
    }
    let elements = try Self.elements(of: json["blocks"])
    if elements != nil { (changed.listsBlocks, changed.blocks, changed.connectors) = (true, [OptionValues(scope: "block", blockOptions)], [[], []]) }
    for (key, value) in members where key != "blocks" { try changed.set(key, OptionValue(value)) }
    if let elements { try changed.replaceBlocks(elements) }
    self = changed
  }

  /// The same specification with the blocks and connectors of an architecture.
  func replacingBlocks(by parts: ArchitectureParts) throws(Failure) -> NetworkSpecification {
    var changed = self
    (changed.listsBlocks, changed.blocks, changed.connectors) = (true, [], [[]])
    for element in parts.elements {
      switch element {
      case .connector(let values): changed.connectors[changed.blocks.count].append(try OptionValues(scope: "connector", connectorOptions).setting(values))
      case .block(let values):
        changed.blocks.append(try OptionValues(scope: "block", blockOptions).setting(values))
        changed.connectors.append([])
      }
    }
    return changed
  }

  /// Makes blocks and connectors of the objects in "blocks". Blocks start as copies of the only one that there is.
  private mutating func replaceBlocks(_ elements: [JSON]) throws(Failure) {
    let beginning = blocks[0]
    (blocks, connectors, architecture) = ([], [[]], nil)
    for (index, element) in elements.enumerated() {
      if element["connector"] != nil {
        var connector = OptionValues(scope: "connector", connectorOptions)
        _ = try Self.set(&connector, element, index)
        connectors[blocks.count].append(connector)
      } else {
        var block = beginning
        _ = try Self.set(&block, element, index)
        blocks.append(block)
        connectors.append([])
      }
    }
    guard !blocks.isEmpty else { throw Failure(.invalidArgument, "blocks holds connectors only; a network has at least one block, an object without the member connector") }
  }

  /// The objects in "blocks"; nil if there is no such member.
  /// - Throws: `.invalidArgument` if "blocks" is not a list of blocks; `.outOfRange` for too many.
  static func elements(of list: JSON?) throws(Failure) -> [JSON]? {
    guard let list else { return nil }
    guard let elements = list.elements else { throw Failure(.invalidArgument, "blocks must be an array of objects, one for each block or connector; given: \(list.kindName)") }
    guard !elements.isEmpty else { throw Failure(.invalidArgument, "blocks is an empty array; a network has at least one block, and the array holds an object for each block or connector") }
    guard elements.count <= maximumBlocks else {
      throw Failure(.outOfRange, "blocks has \(elements.count) elements; a network has at most \(maximumBlocks) blocks and connectors")
    }
    return elements
  }

  /// Sets the options in element `index` of "blocks" and gives their keys.
  /// - Throws: the failure of a refused option, with the element's index.
  static func set(_ block: inout OptionValues, _ json: JSON, _ index: Int) throws(Failure) -> [String] {
    guard let members = json.members else { throw Failure(.invalidArgument, "blocks[\(index)] must be an object; given: \(json.kindName)") }
    for (key, value) in members {
      do throws(Failure) {
        if block.scope == "block", key != "connector", !blockOptions.contains(where: { $0.key == key }) {
          throw unknownName(key, what: "block option", allowed: blockOptions.map(\.key) + ["connector"])
        }
        try block.set(key, OptionValue(value))
      } catch {
        throw Failure(error.status, "blocks[\(index)]: \(error.message)")
      }
    }
    return members.map(\.key)
  }

  /// The whole specification as JSON, including defaults and choices; reading it gives the same network. What is open, because inputs or outputs are not set yet, is left out.
  package var json: JSON {
    get throws(Failure) {
      let resolved = try resolved()
      return try resolved.writtenJSON
    }
  }

  private var writtenJSON: JSON {
    get throws(Failure) {
      var members: [(key: String, value: JSON)] = []
      let opening = try openings(try network.text("opening"))
      let hasShape = try !network.text("input_shape").isEmpty
      // The shape gives the number of inputs, and is left out where there is none.
      let implied = try (hasShape ? (network.isSet("inputs") ? [] : ["inputs"]) : ["input_shape"]) + impliedLossOptions(network)
      for option in networkOptions where !implied.contains(option.key) && !leavesOpen(option.key) && (!isSequenceOption(option.key) || network.isSet(option.key) || opening.sequenceOptions.contains(where: { $0.key == option.key })) {
        members.append((option.key, try network.value(option.key).json))
      }
      var elements: [JSON] = []
      for (index, block) in blocks.enumerated() {
        for connector in connectors[index] { elements.append(try Self.json(ofConnector: connector)) }
        let taken = try takenElementOptions(block)
        // Step sizes define the number of layers and the horizon; the defaults of these would contradict them.
        let implied = try block.text("step_sizes").isEmpty ? [] : ["layers", "horizon"].filter { !block.isSet($0) }
        var values: [(key: String, value: JSON)] = []
        for option in blockOptions where !implied.contains(option.key) && !leavesOpen(option.key) && (!isElementOption(option.key) || taken.contains(option.key) || block.isSet(option.key)) {
          values.append((option.key, try block.value(option.key).json))
        }
        elements.append(.object(values))
      }
      for connector in connectors[blocks.count] { elements.append(try Self.json(ofConnector: connector)) }
      members.append(("blocks", .array(elements)))
      return .object(members)
    }
  }

  private static func json(ofConnector connector: OptionValues) throws(Failure) -> JSON {
    let taken = try takenConnectorOptions(connector)
    var values: [(key: String, value: JSON)] = []
    for option in connectorOptions where taken.contains(option.key) || connector.isSet(option.key) { values.append((option.key, try connector.value(option.key).json)) }
    return .object(values)
  }
}

/// Whether an option belongs only to certain fields, integrators, bases, memory policies or noises instead of to every block.
private func isElementOption(_ key: String) -> Bool { elementOptions.contains { $0.key == key } }
