import Gradients
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// Converts the weights of a block between two forms. As a differential equation ẏ = wy + b + g(y), the block has the tensors w and b. As a feed-forward network with the layers 𝒉(W_l y + B_l), where
/// 𝒉(x) = x + h_l g(x), it has the matrices W_l and the biases B_l:
///
///     W_l = I + h_l w_l,  B_l = h_l b_l      and back      w_l = (W_l − I)/h_l,  b_l = B_l/h_l
///
/// Source: Ruseckas 2019. With the integrator `near_identity` the network computes exactly these layers. With another integrator it solves the equation that the layers approximate.
///
/// The conversion computes in float64 and rounds each number once or twice, and then once more to the precision in which it is stored. From W to w and back, all bits are the same in two cases:
/// - h is a power of two, and the diagonals of W lie in [½, 2];
/// - W is given in float32, the network has float64, and the diagonals of W lie in [½, 2].
///
/// In all other cases W changes by at most one unit in the last place, on the diagonal by at most one unit in the last place of 1. From w to W and back, through arrays of float64, a float32 network gets
/// the same bits, except for diagonals with |h w| < 2⁻²⁸, because W = 1 + h w cannot hold the last digits of so small an h w.
extension Network {
  /// Writes the feed-forward weights of a block, whose field must be the sum of an affine and an elementwise part (`linear_activation`, `linear_cubic`).
  ///
  /// - Parameters:
  ///   - weights: layers·n × n, the layers' W_l (outputs × inputs) stacked; float32 or float64, any strides.
  ///   - biases: layers × n for every kind of bias; zeros if the block has none.
  /// - Throws: `.outOfRange` for a block that does not exist; `.incompatible` for another field; `.shapeMismatch`; `.unsupportedType` for integers; `.memory`.
  /// - Complexity: one pass; memory for the weights in float64.
  package func feedForwardWeights(block index: Int, into weights: MutableTensorView, biases: MutableTensorView) throws(Failure) {
    let layers = try FeedForwardLayers(plan, block: index)
    try layers.check(weights.view, biases.view)
    for (name, type) in [("weights", weights.type), ("biases", biases.type)] where !type.isFloatingPoint {
      throw Failure(.unsupportedType, "\(name) are \(type.name); feed-forward weights are written as float32 or float64")
    }
    let snapshot = snapshot
    let extended = try Buffer(count: plan.extendedCount, precision: plan.precision)
    let memory = try layers.memory()
    try withExtendedLifetime((snapshot, extended, memory)) { () throws(Failure) in
      let parameters = extended.vector(count: plan.extendedCount, precision: plan.precision)
      try plan.extend(snapshot.parameters, into: parameters)
      for layer in 0..<layers.count {
        try Watch.check()
        copy(layers.weights(layer, of: parameters).view, into: layers.weights(layer, in: memory))
        scaleTowardsIdentity(layers.weightMatrix(layer, in: memory), by: layers.stepSize(layer), addingIdentity: true)
        if let bias = layers.biases(layer, of: parameters) { copy(bias.view, into: layers.biases(layer, in: memory)) }
        scaleTowardsIdentity(layers.biasMatrix(layer, in: memory), by: layers.stepSize(layer), addingIdentity: false)
      }
      copyWhole(layers.allWeights(in: memory).view, into: weights)
      copyWhole(layers.allBiases(in: memory).view, into: biases)
    }
  }

  /// Sets all parameters of a block from feed-forward weights; the block's field must be the sum of an affine and an elementwise part. Other blocks, the opening and the readout stay as they are. On failure nothing changes.
  ///
  /// - Parameters:
  ///   - weights: layers·n × n, any type and strides.
  ///   - biases: layers × n; nil stands for zeros. If the block has bias `scalar`, the numbers of a layer must be equal; if it has none, all must be zero.
  /// - Throws: as `feedForwardWeights`; `.incompatible` also for layers that share their weights and for biases that the block cannot hold; `.notFinite`.
  package func replaceFeedForwardWeights(block index: Int, weights: TensorView, biases: TensorView?) throws(Failure) {
    let layers = try FeedForwardLayers(plan, block: index)
    try layers.check(weights, biases)
    try layers.checkOwnWeights()
    for (name, view) in [("weights", weights), ("biases", biases ?? weights)] {
      if let place = try firstUnheldInPieces(view, by: .float64) { throw Failure(.notFinite, "\(name) hold NaN or infinity at row \(place.row), column \(place.column); they must be finite") }
    }
    let snapshot = snapshot
    let changed = try Buffer(count: plan.parameterCount, precision: plan.precision)
    let memory = try layers.memory()
    defer { withExtendedLifetime((snapshot, changed, memory)) {} }
    let parameters = changed.vector(count: plan.parameterCount, precision: plan.precision)
    try copyInPieces(snapshot.parameters, into: parameters)
    copyWhole(weights, into: layers.allWeights(in: memory))
    if let biases { copy(biases, into: layers.allBiases(in: memory)) }
    for layer in 0..<layers.count {
      try Watch.check()
      try layers.checkBias(layer, in: memory)
      divideFromIdentity(layers.weightMatrix(layer, in: memory), by: layers.stepSize(layer), subtractingIdentity: true)
      divideFromIdentity(layers.biasMatrix(layer, in: memory), by: layers.stepSize(layer), subtractingIdentity: false)
      try layers.requireHeld(layer, in: memory, by: plan.precision)
      copy(layers.weights(layer, in: memory).view, into: layers.weights(layer, of: parameters))
      // A bias that all features share is written once per feature.
      if let bias = layers.biases(layer, of: parameters) { copy(layers.biases(layer, in: memory).view, into: bias) }
    }
    try replaceParameters(with: parameters)
  }
}

extension NetworkSpecification {
  /// Makes the current block an ordinary feed-forward network y ← σ(W_l y + B_l): `near_identity` over `linear_activation` as relaxation with κ = 1/h, that is g = (σ − id)/h.
  ///
  /// Afterwards `Network.replaceFeedForwardWeights` sets the weights. κ is chosen so that κ·h rounds to 1, if there is such a number; the layers then give the bits of σ(W_l y + B_l).
  /// - Parameters: horizon: the time that the layers cover. It does not change what the layers compute, but the scale of w = (W − I)/h in the equation.
  /// - Throws: `.outOfRange`, `.unknownName` for values that the options refuse.
  package mutating func setFeedForward(layers: Int, horizon: Double, activation: String) throws(Failure) {
    var changed = self
    try changed.set("layers", .integer(Int64(layers)))
    try changed.set("horizon", .real(horizon))
    let stepSize = TimeGrid(layers: layers, horizon: horizon).stepSize(0)
    let rate = 1 / stepSize
    let exact = [rate, rate.nextUp, rate.nextDown].first { $0 * stepSize == 1 }
    try changed.set("activation_rate", .real(exact ?? rate))
    for (key, value) in [("field", "linear_activation"), ("activation", activation), ("activation_form", "relaxation"), ("integrator", "near_identity")] {
      try changed.set(key, .text(value))
    }
    self = changed
  }
}

/// Where the numbers of the layers lie: in the parameters, and in a memory of float64, which holds first all W_l and then all B_l.
private struct FeedForwardLayers {
  let count: Int
  private let index: Int
  private let block: ODEBlock
  private let width: Int
  private let weightTensor: Int
  private let biasTensor: Int?
  /// The numbers of a layer's bias: 0, 1 or n.
  private let biasCount: Int

  init(_ plan: NetworkPlan, block index: Int) throws(Failure) {
    block = try plan.splitBlock(index)
    guard let field = block.field.split else { preconditionFailure("checked by splitBlock") }
    self.index = index
    count = block.layers
    width = field.width
    weightTensor = field.weightTensor
    biasTensor = field.biasTensor
    biasCount = field.biasTensor.map { field.parameters[$0].count } ?? 0
    guard field.parameters[weightTensor].shape == [width, width] else {
      throw Failure(.incompatible, "the weights of blocks[\(index)] are no n × n matrices; feed-forward layers W = I + hw are")
    }
  }

  func stepSize(_ layer: Int) -> Double { block.stepSize(layer) }

  func check(_ weights: TensorView, _ biases: TensorView?) throws(Failure) {
    guard weights.rows == count * width, weights.columns == width else {
      throw Failure(
        .shapeMismatch, "weights are \(weights.rows) × \(weights.columns); blocks[\(index)] has \(count) layers of \(width) features: layers·n × n is \(count * width) × \(width)")
    }
    if let biases, biases.rows != count || biases.columns != width {
      throw Failure(.shapeMismatch, "biases are \(biases.rows) × \(biases.columns); blocks[\(index)] has \(count) layers of \(width) features")
    }
  }

  func checkOwnWeights() throws(Failure) {
    guard block.layout.isLayerwise, block.layout.expandedCount == 0 else {
      throw Failure(.incompatible, "the layers of blocks[\(index)] share their weights in time; feed-forward weights are set where weights_in_time is layers")
    }
  }

  /// Checks that the block's kind of bias can hold the B_l of a layer, which lie in the memory.
  func checkBias(_ layer: Int, in memory: Buffer) throws(Failure) {
    guard biasCount < width else { return }
    let start = count * width * width + layer * width
    let values = memory.vector(count: count * width * (width + 1), precision: .float64)
    let expected = biasCount == 0 ? 0 : values.load(start)
    for feature in 0..<width where values.load(start + feature) != expected {
      throw Failure(
        .incompatible,
        biasCount == 0
          ? "the biases of layer \(layer) are not zero; blocks[\(index)] has bias none (scalar or vector hold them)"
          : "the biases of layer \(layer) differ from feature to feature; blocks[\(index)] has bias scalar, one number a layer (vector holds them)")
    }
  }

  /// - Throws: `.notFinite` if the precision cannot hold a layer's w = (W − I)/h or b = B/h, which lie in the memory.
  func requireHeld(_ layer: Int, in memory: Buffer, by precision: Precision) throws(Failure) {
    for (name, view) in [("(W − I)/h", weights(layer, in: memory).view), ("B/h", biases(layer, in: memory).view)] {
      guard let place = firstUnheld(view, by: precision) else { continue }
      throw Failure(
        .notFinite,
        "\(name) of layer \(layer), row \(place.row), column \(place.column), is \(view.number(row: place.row, column: place.column)), too large for \(precision.name); the step size is \(stepSize(layer))")
    }
  }

  func memory() throws(Failure) -> Buffer {
    let (square, a) = width.multipliedReportingOverflow(by: width + 1)
    let (all, b) = square.multipliedReportingOverflow(by: count)
    return try Buffer(count: a || b ? Int.max : all, precision: .float64)
  }

  func allWeights(in memory: Buffer) -> MutableTensorView { MutableTensorView(memory.base, type: .float64, rows: count * width, columns: width) }
  func allBiases(in memory: Buffer) -> MutableTensorView {
    MutableTensorView(memory.base + 8 * count * width * width, type: .float64, rows: count, columns: width)
  }
  func weights(_ layer: Int, in memory: Buffer) -> MutableTensorView {
    MutableTensorView(allWeights(in: memory).base + 8 * layer * width * width, type: .float64, rows: width, columns: width)
  }
  func biases(_ layer: Int, in memory: Buffer) -> MutableTensorView {
    MutableTensorView(allBiases(in: memory).base + 8 * layer * width, type: .float64, rows: 1, columns: width)
  }
  func weightMatrix(_ layer: Int, in memory: Buffer) -> Matrix { Matrix(weights(layer, in: memory).base, rows: width, columns: width, precision: .float64) }
  func biasMatrix(_ layer: Int, in memory: Buffer) -> Matrix { Matrix(biases(layer, in: memory).base, rows: 1, columns: width, precision: .float64) }

  /// w_l in a vector of (extended) parameters.
  func weights(_ layer: Int, of parameters: Vector) -> MutableTensorView { view(tensor(weightTensor, layer, parameters), parameters, rows: width, columnStride: 1) }
  /// b_l in the same vector: n numbers, or one number repeated n times; nil without bias.
  func biases(_ layer: Int, of parameters: Vector) -> MutableTensorView? {
    biasTensor.map { view(tensor($0, layer, parameters), parameters, rows: 1, columnStride: biasCount == width ? 1 : 0) }
  }

  private func view(_ base: UnsafeMutableRawPointer, _ parameters: Vector, rows: Int, columnStride: Int) -> MutableTensorView {
    MutableTensorView(base, type: ElementType(parameters.precision), rows: rows, columns: width, rowStride: width, columnStride: columnStride)
  }

  private func tensor(_ tensor: Int, _ layer: Int, _ parameters: Vector) -> UnsafeMutableRawPointer {
    guard let base = block.stepWeights(layer, of: parameters, prepared: nil).first.tensors[tensor] else { preconditionFailure("layer without its tensors") }
    return base
  }
}

extension NetworkPlan {
  /// Block `index`, whose field splits into an affine and an elementwise part.
  /// - Throws: `.outOfRange`; `.incompatible` for another field.
  func splitBlock(_ index: Int) throws(Failure) -> ODEBlock {
    guard blocks.indices.contains(index) else { throw Failure(.outOfRange, "block is \(index); the network has blocks 0 … \(blocks.count - 1)") }
    guard blocks[index].field.split != nil, blocks[index].integrator.fieldCount == 1 else {
      let (field, integrator) = (try specification.blocks[index].text("field"), try specification.blocks[index].text("integrator"))
      throw Failure(
        .incompatible,
        "blocks[\(index)] is \(field) with \(integrator); it reads as feed-forward layers only where one field is a sum wy + b + g(y): \(splitFieldNames)")
    }
    return blocks[index]
  }
}
