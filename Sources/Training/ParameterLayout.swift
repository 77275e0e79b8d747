import Gradients
import Networks

/// What the ranges of a network's parameter vector are, as far as training cares.
package struct ParameterLayout: Sendable {
  /// A contiguous range of parameters of one kind.
  package struct Region: Sendable, Equatable {
    package private(set) var range: Range<Int>
    /// True for weights, false for biases: decay acts on weights only.
    package let isWeight: Bool
    /// Equal parts of the range, one a layer of an ODE block; 1 outside of blocks.
    package let layers: Int
    /// h of the block, > 0; 1 outside of blocks.
    package let stepSize: Double
    /// The times between the middles of neighboring layers, `layers` − 1 of them, where steps are unequal; else empty, all being `stepSize`.
    package let distances: [Double]

    package init(range: Range<Int>, isWeight: Bool, layers: Int = 1, stepSize: Double = 1, distances: [Double] = []) {
      self.range = range
      self.isWeight = isWeight
      self.layers = layers
      self.stepSize = stepSize
      self.distances = distances
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
  package init(_ plan: NetworkPlan) {
    let readout = plan.tensors.first { $0.block == nil && $0.name == "readout.W" }
    let regions = plan.tensors.map { tensor -> Region in
      guard let block = tensor.block.map({ plan.blocks[$0] }) else { return Region(range: tensor.range, isWeight: tensor.role == .weight) }
      return Region(
        range: tensor.range, isWeight: tensor.role == .weight, layers: tensor.shape[0], stepSize: block.grid.horizon / Double(tensor.shape[0]),
        distances: Self.distances(tensor.shape[0], block))
    }
    self.init(regions, classifier: readout.map { Classifier(range: $0.range, inputs: $0.shape[1]) })
  }

  /// The times between the middles of the last `entries` layers, where each has an entry and steps are unequal.
  private static func distances(_ entries: Int, _ block: ODEBlock) -> [Double] {
    let grid = block.grid
    // Coefficients of a basis that mixes are spread evenly over the horizon.
    guard !grid.isUniform, block.layout.isLayerwise, block.layout.expandedCount == 0, entries >= grid.layers - 1, entries > 1 else { return [] }
    return (grid.layers - entries + 1..<grid.layers).map { grid.midpoint($0) - grid.midpoint($0 - 1) }
  }
}
