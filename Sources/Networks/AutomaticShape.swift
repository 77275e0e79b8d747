import Settings

/// What a network is made of where its specification leaves that open.
///
/// A specification that says nothing of its state, its layers or its blocks is one of a table: inputs and outputs alone. It gets a trained opening into a state of 64 or 128 features and a few layers, which the guide page
/// defaults.md compares with others. As soon as one of these options is set, the fixed defaults hold for all that are not, so that a network which is described keeps its description.
///
/// A network of trajectories gets what follows from their sizes, and one field for all times.
extension NetworkSpecification {
  /// The options of the network and of the block that are chosen together.
  private static let networkKeys = ["opening", "width"]
  private static let blockKeys = ["layers", "horizon"]
  /// What is chosen with them where it is not set, and may be set without describing the network.
  private static let besides = ["initial_bias"]
  /// Options with which a network is not one of a table, or its layers are described in another way.
  private static let describing = (network: ["input_shape", "readout"], block: ["step_sizes", "operator", "weights_in_time"])

  /// Whether the state and the layers are to be chosen.
  var isOpen: Bool {
    guard !listsBlocks, blocks.count == 1, connectors.allSatisfy(\.isEmpty), let block = blocks.first else { return false }
    return !(Self.networkKeys + Self.describing.network).contains(where: network.isSet) && !(Self.blockKeys + Self.describing.block).contains(where: block.isSet)
  }

  /// The same specification with a choice for what is open; itself if nothing is, or as long as inputs or outputs are not set.
  func resolved() throws(Failure) -> NetworkSpecification {
    if isTrajectory { return try resolvedTrajectory() }
    guard isOpen, network.isSet("inputs"), network.isSet("outputs") else { return self }
    let (inputs, outputs) = (try network.integer("inputs"), try network.integer("outputs"))
    var changed = self
    try changed.choose("opening", .text("dense"), inBlock: false)
    try changed.choose("width", .integer(inputs <= 128 && outputs <= 64 ? 64 : 128), inBlock: false)
    try changed.choose("layers", .integer(5), inBlock: true)
    try changed.choose("horizon", .real(2), inBlock: true)
    try changed.choose("initial_bias", .real(1), inBlock: true)
    return changed
  }

  /// Whether an option is left out where the specification is written, because nothing has been chosen for it yet.
  func leavesOpen(_ key: String) -> Bool {
    (isOpen && network.isOpen("width") && (Self.networkKeys + Self.blockKeys + Self.besides).contains(key) && !blocks[0].isSet(key))
      || (isTrajectory && (["width"] + Self.blockKeys).contains(key) && (network.isOpen(key) || blocks[0].isOpen(key)))
  }

  private var isTrajectory: Bool { (try? network.text("opening")).flatMap { try? openings($0) } == .trajectory }

  /// The choices for a trajectory: one field for all times, and a layer for each interval, of size 1 in the block's time.
  private func resolvedTrajectory() throws(Failure) -> NetworkSpecification {
    var changed = self
    try changed.choose("sequence_time", .text(SequenceTime.intervals.rawValue), inBlock: false)
    try changed.choose("weights_in_time", .text("shared"), inBlock: true)
    let (channels, inputs) = (try network.integer("channels"), try network.integer("inputs"))
    let intervals = inputs - channels - 1
    // Without intervals the plan says what is wrong.
    guard network.isSet("inputs"), intervals > 0, channels <= 65_536 else { return changed }
    try changed.choose("width", .integer(Int64(channels)), inBlock: false)
    try changed.choose("layers", .integer(Int64(intervals)), inBlock: true)
    try changed.choose("horizon", .real(Double(intervals)), inBlock: true)
    return changed
  }
}
