import Gradients
import Networks
import Settings
import VectorFields

/// The parts of a network's parameter vector that training distinguishes.
package struct ParameterLayout: Sendable {
  /// A contiguous range of parameters of one kind.
  package struct Region: Sendable {
    package private(set) var range: Range<Int>
    /// True for weights, false for biases; weight decay acts on weights only.
    package let isWeight: Bool
    /// The number of equal parts of the range, one for each layer or coefficient of a basis in time; 1 outside of blocks.
    package let entries: Int
    /// Whether each entry belongs to one layer.
    package let isLayered: Bool
    /// The measure of how much the parameters change over time.
    package let roughness: TimeRoughness

    package init(range: Range<Int>, isWeight: Bool, entries: Int = 1, isLayered: Bool = false, roughness: TimeRoughness = .none) {
      self.range = range
      self.isWeight = isWeight
      self.entries = entries
      self.isLayered = isLayered
      self.roughness = roughness
    }

    /// The same of a vector that begins at `origin`.
    fileprivate func moved(to origin: Int) -> Region {
      var region = self
      region.range = range.lowerBound - origin..<range.upperBound - origin
      return region
    }
  }

  /// The weights of the readout: outputs × inputs numbers, one output after the other.
  package struct Classifier: Sendable, Equatable {
    package let range: Range<Int>
    package let inputs: Int

    package init(range: Range<Int>, inputs: Int) { (self.range, self.inputs) = (range, inputs) }

    /// The same of a vector that begins at `origin`.
    fileprivate func moved(to origin: Int) -> Classifier { Classifier(range: range.lowerBound - origin..<range.upperBound - origin, inputs: inputs) }
  }

  package let regions: [Region]
  /// nil for a network whose state is the scores.
  package let classifier: Classifier?

  package init(_ regions: [Region], classifier: Classifier? = nil) { (self.regions, self.classifier) = (regions, classifier) }

  /// The layout without the regions and the classifier in `range`; all others keep their places.
  package func without(_ range: Range<Int>) -> ParameterLayout {
    ParameterLayout(regions.filter { !range.overlaps($0.range) }, classifier: classifier.flatMap { range.overlaps($0.range) ? nil : $0 })
  }

  /// The layout of the parameters `range` by themselves.
  package func part(_ range: Range<Int>) -> ParameterLayout {
    func isInside(_ other: Range<Int>) -> Bool { range.lowerBound <= other.lowerBound && other.upperBound <= range.upperBound }
    return ParameterLayout(
      regions.filter { isInside($0.range) }.map { $0.moved(to: range.lowerBound) },
      classifier: classifier.flatMap { isInside($0.range) ? $0.moved(to: range.lowerBound) : nil })
  }
}

extension ParameterLayout {
  /// The layout of a network: each tensor is a region.
  /// - Parameter inTime: whether to compute the regions' roughness in time, which takes a pass over the blocks' layers or coefficients.
  /// - Throws: `memory`.
  package init(_ plan: NetworkPlan, inTime: Bool = true) throws(Failure) {
    let readout = plan.tensors.first { $0.block == nil && $0.name == "readout.W" }
    var regions: [Region] = []
    // All tensors of a block share the roughness in time of its grid or basis.
    var known: [TimeRoughness?] = []
    var block: Int?
    var next = 0
    for tensor in plan.tensors {
      guard let index = tensor.block else {
        regions.append(Region(range: tensor.range, isWeight: tensor.role == .weight))
        continue
      }
      if index != block { (block, next, known) = (index, 0, [nil, nil, nil]) }
      let entries = plan.blocks[index].layout.tensors[next].entries
      next += 1
      if inTime, known[entries.rawValue] == nil { known[entries.rawValue] = try TimeRoughness(entries, of: plan.blocks[index]) }
      let layout = plan.blocks[index].layout
      let isLayered = !tensor.role.isNormalization && (entries != .coefficients || (layout.isLayerwise && layout.expandedCount == 0))
      regions.append(
        Region(
          range: tensor.range, isWeight: tensor.role == .weight, entries: tensor.shape[0], isLayered: isLayered,
          roughness: tensor.role.isNormalization ? .none : known[entries.rawValue] ?? .none))
    }
    self.init(regions, classifier: readout.map { Classifier(range: $0.range, inputs: $0.shape[1]) })
  }
}

extension TimeRoughness {
  fileprivate init(_ entries: BlockTensor.Entries, of block: ODEBlock) throws(Failure) {
    switch entries {
    case .coefficients: self = try TimeRoughness(block.basis, on: block.grid)
    case .layers: self = try TimeRoughness(layersOf: block.grid, skippingFirst: false)
    case .layersAfterFirst: self = try TimeRoughness(layersOf: block.grid, skippingFirst: true)
    }
  }
}
