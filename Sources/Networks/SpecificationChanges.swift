import LinearAlgebra
import Settings
import VectorFields

extension NetworkSpecification {
  /// The specification of an existing network with some options changed: the given options change, all others stay.
  ///
  /// A block option changes every block. `"block": i` beside it names the one block that changes. `"blocks": [{…}, …]`, with one object per block in their order, changes each block by its
  /// own object (after the options for all blocks); `{}` leaves a block as it is. Where there are connectors, each has its object as well, at its place.
  ///
  /// An earlier option that contradicts the new ones is changed or dropped (`settle`).
  /// - Throws: `.invalidArgument` if the JSON is not an object of options, contains both "block" and "blocks", or has a number of objects that is not the number of blocks; `.outOfRange` for
  ///   a block that does not exist, or a value out of its bounds; `.unknownName`; `.unsupportedType`.
  package func changing(json: JSON) throws(Failure) -> NetworkSpecification {
    guard let members = json.members else { throw Failure(.invalidArgument, "changes are a JSON object of options; given: \(json.kindName)") }
    let elements = try Self.elements(of: json["blocks"])
    let between = connectors.joined().count
    if let elements, elements.count != blocks.count + between {
      func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
      let present = counted(blocks.count, "block") + (between == 0 ? "" : " and " + counted(between, "connector"))
      let each = between == 0 ? "block" : "block and connector"
      throw Failure(.invalidArgument, "blocks has \(counted(elements.count, "object")); the network has \(present): one object per \(each), {} for one that stays as it is")
    }
    let chosen = try indexOfNamedBlock(json["block"], besideElements: elements != nil)
    var changed = self
    var common: [(key: String, value: OptionValue)] = []
    for (key, value) in members where key != "blocks" && key != "block" {
      let value = OptionValue(value)
      if networkOptions.contains(where: { $0.key == key }) {
        changed = try changed.changingNetwork(key, value)
      } else if blockOptions.contains(where: { $0.key == key }) {
        common.append((key, value))
      } else {
        throw unknownName(key, what: "network or block option", allowed: networkOptions.map(\.key) + blockOptions.map(\.key) + ["block", "blocks"])
      }
    }
    changed = try changed.settlingLoss(given: members.map(\.key))
    if let elements {
      changed = try changed.changingConnectors { place, connector throws(Failure) in
        let given = try Self.set(&connector, elements[place], place)
        let taken = try takenConnectorOptions(connector)
        for option in connectorOptions where connector.isSet(option.key) && !taken.contains(option.key) && !given.contains(option.key) { connector.reset(option.key) }
      }
    }
    return try changed.changingBlocks { index, block throws(Failure) in
      guard chosen == nil || chosen == index else { return }
      let before = block
      for (key, value) in common { try block.set(key, value) }
      var given = common.map(\.key)
      if let elements { given += try Self.set(&block, elements[place(ofBlock: index)], place(ofBlock: index)) }
      try block.settle(after: before, given: given)
    }
  }

  /// The block index that the member "block" names; nil without such a member.
  private func indexOfNamedBlock(_ json: JSON?, besideElements: Bool) throws(Failure) -> Int? {
    guard let json else { return nil }
    guard !besideElements else { throw Failure(.invalidArgument, "block and blocks are both given; name one block by block, or change each by blocks") }
    guard let index = json.integer else { throw Failure(.unsupportedType, "block is the index of a block; given: \(json.kindName)") }
    guard index >= 0, index < blocks.count else { throw Failure(.outOfRange, "block is \(index); the network has blocks 0 … \(blocks.count - 1)") }
    return Int(index)
  }
}

extension OptionValues {
  /// Changes or drops those of a block's options that contradict the newly set options `given`; `before` holds all options before the change, which agreed.
  ///
  /// Options of single elements (such as `basis_count`) are dropped if their element is no longer chosen. A new number of layers makes all steps equal over the same horizon; a new horizon stretches
  /// given step sizes; new step sizes define the number of layers and the horizon.
  fileprivate mutating func settle(after before: OptionValues, given: [String]) throws(Failure) {
    let taken = try takenElementOptions(self)
    for option in elementOptions where isSet(option.key) && !taken.contains(option.key) && !given.contains(option.key) { reset(option.key) }

    if given.contains("step_sizes"), try !reals("step_sizes").isEmpty {
      for key in ["layers", "horizon"] where !given.contains(key) { reset(key) }
      return
    }
    guard try !before.reals("step_sizes").isEmpty else { return }
    let grid = try BlockRecipe.grid(before)
    let layers = given.contains("layers") ? try integer("layers") : grid.layers
    let horizon = given.contains("horizon") ? try real("horizon") : grid.horizon
    if given.contains("step_sizes") || layers != grid.layers {
      reset("step_sizes")
      try set("layers", .integer(Int64(layers)))
      try set("horizon", .real(horizon))
    } else if given.contains("horizon") {
      try set("step_sizes", .text(shown(reals: (0..<layers).map { grid.stepSize($0) * (horizon / grid.horizon) })))
    }
  }
}
