import Networks

/// What the ranges of a network's parameter vector are, as far as training cares.
package struct ParameterLayout: Sendable {
  /// A contiguous range of parameters of one kind.
  package struct Region: Sendable, Equatable {
    package let range: Range<Int>
    /// True for weights, false for biases: decay acts on weights only.
    package let isWeight: Bool
    /// Equal parts of the range, one a layer of an ODE block; 1 outside of blocks.
    package let layers: Int
    /// h of the block, > 0; 1 outside of blocks.
    package let stepSize: Double

    package init(range: Range<Int>, isWeight: Bool, layers: Int = 1, stepSize: Double = 1) {
      self.range = range
      self.isWeight = isWeight
      self.layers = layers
      self.stepSize = stepSize
    }
  }

  package let regions: [Region]
  package init(_ regions: [Region]) { self.regions = regions }
}

extension ParameterLayout {
  /// The layout of a network: each tensor is a region.
  package init(_ plan: NetworkPlan) {
    self.init(plan.tensors.map { tensor in
      let block = tensor.block.map { plan.blocks[$0] }
      return Region(range: tensor.range, isWeight: tensor.role == .weight, layers: block == nil ? 1 : tensor.shape[0],
        stepSize: block.map { $0.grid.horizon / Double(tensor.shape[0]) } ?? 1)
    })
  }
}
