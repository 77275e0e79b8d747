import LinearAlgebra

/// An operator, with the place of its weights in the layers of a field: the tensor, the place in prepared memory, and whether W or Wᵀ is meant.
package struct OperatorPlace: Sendable {
  /// The matrix that a field multiplies by.
  package enum Use: Sendable {
    /// W itself. Prepared memory may hold a copy for single samples.
    case itself
    /// The matrix that `prepare` makes from W, such as ½(W − Wᵀ − γI). It must be prepared for parameters and for directions.
    case made
  }

  package let linearOperator: any LinearOperator
  package let tensor: Int
  package let use: Use
  /// The use of the weights that the field declared. It determines the size of their initial values.
  package let weightUse: WeightUse
  /// Bytes from `Layer.prepared` to the copy or to the prepared matrix; nil if there is neither.
  package let preparedOffset: Int?
  package let isTransposed: Bool

  package init(_ linearOperator: any LinearOperator, tensor: Int, use: Use, weightUse: WeightUse = .product, preparedOffset: Int?, isTransposed: Bool = false) {
    self.linearOperator = linearOperator
    self.tensor = tensor
    self.use = use
    self.weightUse = weightUse
    self.preparedOffset = preparedOffset
    self.isTransposed = isTransposed
  }

  /// Rows of the blocks that the map takes and gives.
  package var inputs: Int { isTransposed ? linearOperator.outputs : linearOperator.inputs }
  package var outputs: Int { isTransposed ? linearOperator.inputs : linearOperator.outputs }

  /// The same weights, transposed. For the transpose of a matrix the tensor itself has the layout that single samples need, so the copy is not used.
  package var transposed: OperatorPlace {
    OperatorPlace(
      linearOperator, tensor: tensor, use: use, weightUse: weightUse, preparedOffset: multipliesByPrepared ? preparedOffset : nil, isTransposed: !isTransposed)
  }

  /// Whether products need the prepared form: because the field multiplies by another matrix than W, or because the operator needs it.
  private var multipliesByPrepared: Bool { use == .made || linearOperator.needsPreparation }

  /// The weights to multiply by.
  @inline(__always) package func weights(_ layer: Layer) -> OperatorWeights {
    if let preparedOffset, let prepared = layer.prepared { return OperatorWeights(prepared + preparedOffset, .prepared, isTransposed: isTransposed) }
    precondition(!multipliesByPrepared, "layer not prepared")
    return gradient(layer)
  }

  /// The weights of a direction: its tensor, or what was prepared from it.
  @inline(__always) package func direction(_ layer: Layer) -> OperatorWeights { multipliesByPrepared ? weights(layer) : gradient(layer) }

  /// Where gradients accumulate: the tensor.
  @inline(__always) package func gradient(_ layer: Layer) -> OperatorWeights {
    guard let base = layer.tensors[tensor] else { preconditionFailure("layer without its weights") }
    return OperatorWeights(base, .tensor, isTransposed: isTransposed)
  }
}

/// The place of a bias in a field's layers; nil for a field without one.
package struct BiasPlace: Sendable {
  package static let none = BiasPlace(tensor: nil, stride: 0)
  package let tensor: Int?
  /// 1 for one number per feature, or per channel of an image; 0 for one number for all.
  package let stride: Int
  /// The rows that share a number: the pixels of a channel.
  package let rows: Int

  package init(tensor: Int?, stride: Int, rows: Int = 1) {
    self.tensor = tensor
    self.stride = stride
    self.rows = rows
  }

  @inline(__always) package func callAsFunction(_ layer: Layer) -> Bias? {
    guard let tensor, let base = layer.tensors[tensor] else { return nil }
    return Bias(base, stride: stride, rows: rows)
  }
}
