import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// A trained tensor of a block. The network's plan gives it its full name and its place.
package struct BlockTensor: Sendable {
  /// "K"; "f.K" and "g.K" for schemes of two fields.
  package let name: String
  /// [entries, …], where the entries belong to layers, or to coefficients of a basis in time.
  package let shape: [Int]
  package let role: ParameterShape.Role
  package let initial: ParameterShape.Initial
  package let stencil: Stencil?
  package let entries: Entries

  /// The meaning of the first dimension.
  package enum Entries: Int, Sendable {
    /// The coefficients of the basis in time: the layers themselves for `LayerwiseBasis`.
    case coefficients
    /// The layers, or the layers after the first: for the integrator's own tensors.
    case layers
    case layersAfterFirst
  }
}

/// Where the parameters and the layers' weights of a block lie in memory.
///
/// The block's parameters begin at `offset` in the network's parameter vector. The tensors of the first field come first, then those of the second field, if there is one, then the integrator's own tensors.
/// Each tensor consists of entries, one after the other. An entry of a field's tensor is the weights of one layer, the weights that several layers share, or one coefficient of a basis in time. An entry of
/// the integrator's own tensors belongs to one layer.
///
/// If a basis mixes coefficients, the layers' weights are computed from them. These weights lie in the extended vector, behind all parameters, beginning at `expandedOffset`. They are ordered by the node
/// within the step, then by field, then by tensor, then by layer.
package struct BlockLayout: Sendable {
  package let tensors: [BlockTensor]
  /// How many numbers the block has in the parameter vector, and how many behind it in the extended vector.
  package let parameterCount: Int
  package let expandedCount: Int
  let offset: Int
  let expandedOffset: Int

  /// The number of sets of prepared operators: one for every layer, or one for each entry that layers share.
  package let preparedEntries: Int
  /// The number of nodes with separate prepared operators in a layer.
  let preparedNodes: Int
  let fieldCount: Int

  private let sharing: Sharing
  /// The place at which tensor t of field 0 at node 0 begins, and the count of numbers in one of its entries.
  private let offsets: InlineArray<6, Int>
  let counts: InlineArray<6, Int>
  let tensorCount: Int
  private let nodeDistance: Int
  private let fieldDistance: Int
  private let ownOffsets: InlineArray<1, Int>
  private let ownCounts: InlineArray<1, Int>
  private let ownCount: Int
  /// Bit i: own tensor i begins with the second layer.
  private let skipsFirst: Int
  let basis: any TimeBasis
  let grid: TimeGrid
  /// The times within a step at which coefficients are mixed; a single number without mixing.
  private let nodes: [Double]
  /// The entries of a field's tensor.
  let coefficients: Int

  /// How layers share sets of tensors. The set of a layer is computed when it is needed, so that no memory here grows with the number of layers.
  private enum Sharing: Sendable {
    /// Each layer has its own set, which may be computed from coefficients.
    case none
    case all
    /// Consecutive layers share a set, as the basis says.
    case pieces
  }

  /// - Throws: `.incompatible` if basis, integrator and grid cannot be combined.
  init(
    field: any VectorField, integrator: any Integrator, grid: TimeGrid, basis: any TimeBasis, offset: Int, expandedOffset: Int
  ) throws(Failure) {
    self.offset = offset
    self.expandedOffset = expandedOffset
    (self.grid, self.basis) = (grid, basis)
    let layers = grid.layers
    let nodes = integrator.nodes
    fieldCount = integrator.fieldCount
    let shapes = field.parameters
    precondition(shapes.count <= Layer.maximumFieldTensors, "too many tensors in a field")
    let entries = try basis.count(on: grid)
    let mixes = basis.piece(of: 0, on: grid) == nil
    guard !mixes || !integrator.needsConstantWeights else {
      throw Failure(.incompatible, "adaptive methods take weights that are constant within a layer: weights_in_time must be one that gives each layer one set of weights, such as layers or shared")
    }
    let isOwn = !mixes && entries == layers
    sharing = mixes || isOwn ? .none : entries == 1 ? .all : .pieces
    preparedEntries = mixes ? layers : entries
    preparedNodes = mixes ? nodes.count : 1
    self.nodes = mixes ? nodes : [0]
    coefficients = entries
    guard isOwn || mixes || grid.isUniform || !(integrator.preparesForStepSize || field.preparesForStepSize) else {
      throw Failure(.incompatible,
        "layers that share weights need equal step sizes with this \(integrator.preparesForStepSize ? "integrator" : "field"), whose operators depend on the step size")
    }
    guard isOwn || mixes || !integrator.preparesOwnTensors else {
      throw Failure(
        .incompatible, "layers that share weights do not go with this integrator, which makes operators from tensors that each layer has for itself; give each layer its weights (weights_in_time layers)")
    }

    // Independent coefficients of variance v give the weights of a layer the variance v·Σp_i². The gain makes the mean of this over the layers equal to the variance that the field asks for. In a block of
    // more than 1024 layers, 1024 of them, evenly spread, are taken for the mean.
    var gain = 1.0
    if mixes {
      let seen = min(layers, 1024)
      var (squares, values) = (0.0, Array(repeating: 0.0, count: basis.support))
      for index in 0..<seen {
        let layer = index * layers / seen
        for node in nodes {
          _ = basis.evaluate(at: grid.time(layer) + node * grid.stepSize(layer), on: grid, into: &values)
          squares += values.reduce(0) { $0 + $1 * $1 }
        }
      }
      gain = (Double(seen * nodes.count) / squares).squareRoot()
    }
    var tensors: [BlockTensor] = []
    for index in 0..<fieldCount {
      for shape in shapes {
        tensors.append(
          BlockTensor(
            name: fieldCount == 1 ? shape.name : ["f.", "g."][index] + shape.name, shape: [entries] + shape.shape, role: shape.role,
            initial: shape.initial.scaled(by: gain), stencil: shape.stencil, entries: .coefficients))
      }
    }
    let perEntry = shapes.reduce(0) { $0 + $1.count }
    let layerEntries = mixes ? layers : entries
    var (offsets, counts) = (InlineArray<6, Int>(repeating: 0), InlineArray<6, Int>(repeating: 0))
    var next = mixes ? expandedOffset : offset
    for (index, shape) in shapes.enumerated() {
      offsets[index] = next
      counts[index] = shape.count
      next += layerEntries * shape.count
    }
    self.offsets = offsets
    self.counts = counts
    tensorCount = shapes.count
    fieldDistance = layerEntries * perEntry
    nodeDistance = mixes ? fieldCount * layerEntries * perEntry : 0
    expandedCount = mixes ? preparedNodes * fieldCount * layerEntries * perEntry : 0

    var (ownOffsets, ownCounts) = (InlineArray<1, Int>(repeating: 0), InlineArray<1, Int>(repeating: 0))
    var end = offset + fieldCount * entries * perEntry
    var skipped = 0
    let own = integrator.parameters(field)
    precondition(own.count <= StepWeights.maximumOwnTensors, "too many tensors in an integrator")
    for (index, shape) in own.enumerated() {
      let own = shape.skipsFirstLayer ? layers - 1 : layers
      guard own > 0 else { continue }
      if shape.skipsFirstLayer { skipped |= 1 << index }
      ownOffsets[index] = end
      ownCounts[index] = shape.count
      end += own * shape.count
      tensors.append(BlockTensor(name: shape.name, shape: [own] + shape.shape, role: shape.role, initial: shape.initial, stencil: shape.stencil, entries: shape.skipsFirstLayer ? .layersAfterFirst : .layers))
    }
    self.ownOffsets = ownOffsets
    self.ownCounts = ownCounts
    ownCount = tensors.count - fieldCount * shapes.count
    skipsFirst = skipped
    parameterCount = end - offset
    self.tensors = tensors
  }

  /// Whether the weights of successive layers lie at a constant distance in memory, which is zero if all layers share them.
  var hasConstantDistances: Bool { sharing != .pieces && ownCount == 0 }

  /// Turns the weights of a layer into those of the layer `distance` later; cheaper than `weights(of:in:)`. Only if distances are constant.
  func move(_ weights: inout StepWeights, by distance: Int, preparedCount: Int, bytes: Int) {
    guard sharing != .all else { return }
    let distance = distance &* bytes
    weights.first.tensors[0] = weights.first.tensors[0].map { $0 + distance &* counts[0] }
    weights.first.tensors[1] = weights.first.tensors[1].map { $0 + distance &* counts[1] }
    if tensorCount > 2 {
      weights.first.tensors[2] = weights.first.tensors[2].map { $0 + distance &* counts[2] }
      weights.first.tensors[3] = weights.first.tensors[3].map { $0 + distance &* counts[3] }
      weights.first.tensors[4] = weights.first.tensors[4].map { $0 + distance &* counts[4] }
      weights.first.tensors[5] = weights.first.tensors[5].map { $0 + distance &* counts[5] }
    }
    weights.first.prepared = weights.first.prepared.map { $0 + distance &* preparedCount }
  }
  /// Whether there is one set of weights for all layers, and nothing that belongs to single layers.
  var isOneSet: Bool { preparedEntries == 1 && expandedCount == 0 && ownCount == 0 }
  /// Whether every layer has its own weights.
  package var isLayerwise: Bool { sharing == .none }

  /// The place in the parameter vector of an entry of the field's tensor (of the first field, if there are two). Only for layers whose weights are parameters.
  package func range(ofTensor index: Int, entry: Int) -> Range<Int> {
    precondition(expandedCount == 0 && index < tensorCount && entry < preparedEntries, "no such tensor among the parameters")
    let start = offsets[index] + entry * counts[index]
    return start..<start + counts[index]
  }

  /// The range of the extended vector that holds the weights of the layers, without the integrator's own tensors.
  package var layerRange: Range<Int> {
    expandedCount > 0 ? expandedOffset..<expandedOffset + expandedCount : offset..<offset + fieldCount * fieldDistance
  }

  /// Calls `body` with each range of the extended vector that holds numbers of the sets `entries`: one range for each node, field and tensor.
  package func forEachRange(of entries: Range<Int>, _ body: (Range<Int>) -> Void) {
    for node in 0..<preparedNodes {
      for field in 0..<fieldCount {
        for tensor in 0..<tensorCount {
          let start = offsets[tensor] + node * nodeDistance + field * fieldDistance
          body(start + entries.lowerBound * counts[tensor]..<start + entries.upperBound * counts[tensor])
        }
      }
    }
  }

  /// The set of tensors that layer j reads, by its number among `preparedEntries`.
  package func entry(of j: Int) -> Int {
    switch sharing {
    case .none: j
    case .all: 0
    case .pieces: basis.piece(of: j, on: grid) ?? 0
    }
  }

  /// The first layer that uses the entry.
  func layer(ofEntry entry: Int) -> Int {
    guard sharing == .pieces else { return entry }
    // Pieces follow each other in time.
    var (low, high) = (0, grid.layers - 1)
    while low < high {
      let middle = (low + high) / 2
      if self.entry(of: middle) < entry { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The weights of layer j in an (extended) vector, without prepared operators.
  func weights(of j: Int, in vector: Vector) -> StepWeights {
    let bytes = vector.precision.byteCount
    let entry = entry(of: j)
    // This is called at every step; therefore the loop is written out and no index is checked.
    func address(_ index: Int) -> UnsafeMutableRawPointer? {
      index < tensorCount ? vector.base + (offsets[index] &+ entry &* counts[index]) &* bytes : nil
    }
    var weights = StepWeights(Layer())
    weights.first.tensors[0] = address(0)
    weights.first.tensors[1] = address(1)
    if tensorCount > 2 {
      weights.first.tensors[2] = address(2)
      weights.first.tensors[3] = address(3)
      weights.first.tensors[4] = address(4)
      weights.first.tensors[5] = address(5)
    }
    weights.advance = fieldDistance * bytes
    weights.fieldsPerNode = nodeDistance == 0 ? 0 : UInt8(truncatingIfNeeded: fieldCount)
    if ownCount == 0 { return weights }
    for index in 0..<ownCount {
      let own = skipsFirst >> index & 1 == 0 ? j : j - 1
      if own >= 0 { weights.own[index] = vector.base + (ownOffsets[index] + own * ownCounts[index]) * bytes }
    }
    return weights
  }

  /// Computes the layers' weights from the coefficients, both in the extended vector: θ(t) = Σ_i p_i(t) θ_i at each node's time.
  package func expand(_ vector: Vector) {
    forEachMixed(vector) { coefficient, layer, factor, isFirst in
      if isFirst { fill(layer, 0) }
      if factor != 0 { axpy(factor, coefficient, addingTo: layer) }
    }
  }

  /// The transpose of `expand`: adds the layers' gradients to the coefficients'.
  package func contract(_ gradient: Vector) {
    forEachMixed(gradient) { coefficient, layer, factor, _ in
      if factor != 0 { axpy(factor, layer, addingTo: coefficient) }
    }
  }

  /// Calls `body` for every pair of a coefficient and a layer's tensor that it contributes to, at every node. Nodes come in order, and within a node the layers.
  private func forEachMixed(_ vector: Vector, _ body: (_ coefficient: Vector, _ layer: Vector, _ factor: Double, _ isFirst: Bool) -> Void) {
    guard expandedCount > 0 else { return }
    let watch = Watch.current
    var factors = Array(repeating: 0.0, count: basis.support)
    for (node, place) in nodes.enumerated() {
      for layer in 0..<grid.layers where !watch.isOver {
        let first = basis.evaluate(at: grid.time(layer) + place * grid.stepSize(layer), on: grid, into: &factors)
        for field in 0..<fieldCount {
          var source = offset + field * parameterCountOfOneField
          for tensor in 0..<tensorCount {
            let count = counts[tensor]
            let target = offsets[tensor] + node * nodeDistance + field * fieldDistance + layer * count
            for (index, factor) in factors.enumerated() {
              let i = source + (first + index) * count
              body(vector[i..<i + count], vector[target..<target + count], factor, index == 0)
            }
            source += coefficients * count
          }
        }
      }
    }
  }

  private var parameterCountOfOneField: Int {
    var sum = 0
    for tensor in 0..<tensorCount { sum += coefficients * counts[tensor] }
    return sum
  }
}
