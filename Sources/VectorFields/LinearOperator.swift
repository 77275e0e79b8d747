import LinearAlgebra
import Settings

/// A linear map x ↦ Wx of blocks whose weights W lie in one tensor of a layer. Fields are written over such operators.
///
/// Fields depend only on the `inputs` and `outputs` of an operator, which is a dense matrix or a convolution. Every product includes what follows it: out = base + s·σ(Wx + b). An operator owns no numbers. Each call
/// says where they lie (`OperatorWeights`) and whether W or Wᵀ is meant, and brings `scratchWidth` rows of scratch. Only the declarations of shapes allocate memory.
///
/// As for all forward products, a sample has the same bits alone and in a tile.
package protocol LinearOperator: AnyObject, Sendable {
  /// The rows of x and of Wx. For Wᵀ they are exchanged.
  var inputs: Int { get }
  var outputs: Int { get }
  /// Extents of the tensor of weights in one layer.
  var shape: [Int] { get }
  /// How many inputs each output of W depends on, and how many outputs depend on each input. They determine the size of the initial weights (`WeightUse`).
  var fanIn: Int { get }
  var fanOut: Int { get }
  /// The count of numbers in a bias that is added to Wx, or to Wᵀx.
  func biasCount(_ kind: BiasKind, transposed: Bool) -> Int
  /// Whether products need the prepared form of W: for parameters and for directions, in training too. Other operators multiply by the tensor itself as well.
  var needsPreparation: Bool { get }
  /// Rows of scratch that a product or a gradient needs.
  var scratchWidth: Int { get }

  /// out = base + scale·σ(Wx + bias), and slope = σ'(Wx + bias) if asked for. `out` may be `base`, never `x`.
  func affine(
    _ weights: OperatorWeights, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?,
    scratch: Block)
  /// Accumulates the gradient of ⟨left, W·right⟩ in W, summed over the samples: left·rightᵀ for a dense W. `gradient` has the form of a tensor.
  func accumulateGradient(_ left: Block, _ right: Block, addingTo gradient: OperatorWeights, scratch: Block)
  /// Accumulates the gradient of ⟨left, b⟩ in the bias b of W, or of Wᵀ.
  func accumulateBiasGradient(_ left: Block, addingTo gradient: Bias, transposed: Bool)
  /// out = scale·slope⊙cotangent, and its `accumulateBiasGradient`: the first step of every activation's pullback.
  func multiply(_ scale: Double, _ slope: Block, _ cotangent: Block, into out: Block, addingBiasGradientTo gradient: Bias, transposed: Bool)
  /// sign·σ(Wx + bias) as one affine map of a matrix, for the fast path of single samples; nil for an operator that is not a matrix.
  func affineForm(_ weights: OperatorWeights, bias: Bias?, activation: Activation, sign: Double) -> AffineForm?

  /// An upper bound of ‖W‖₂, or of ‖½(W − Wᵀ)‖₂. It exceeds a norm of the tensor, which is ‖W‖₂ itself or a bound of it, by less than the factor `normLooseness`. If a cheaper bound is at most `target`, that one is returned.
  /// - Parameter bound: computes the bound, with memory for `normExtents` and `normNumbers`.
  func boundNorm(_ tensor: UnsafeMutableRawPointer, isAntisymmetric: Bool, enough target: Double, by bound: NormBound) -> Double
  var normLooseness: Double { get }
  /// How much a change ΔW of the tensor increases this norm at most, relative to the Frobenius norm of the tensor ΔW.
  var normGrowth: Double { get }
  /// The extents of the matrix whose norm is bounded, the smaller first.
  var normExtents: (rows: Int, columns: Int) { get }
  /// Further numbers that the bound needs.
  var normNumbers: Int { get }

  /// The row sums of |WWᵀ|: one for each output of a matrix, or output channel of a convolution.
  /// - Throws: `.incompatible`, with the reason, if they do not bound the norm of W.
  func rowSums() throws(Failure) -> RowSums
  /// The map from W to weights whose norm is at most 1.
  /// - Throws: `.incompatible`, with the reason, if there is no such map of this kind.
  func unitScaling(_ norm: UnitNorm) throws(Failure) -> any UnitScaling

  /// Numbers of an operator in prepared form, which has the layout that products need.
  var preparedCount: Int { get }
  /// Numbers of W itself in prepared form. They may be fewer, because nothing is made of W.
  var copiedCount: Int { get }
  /// - Throws: `.incompatible`, with the reason, if ½(W − Wᵀ) and ½(W + Wᵀ) are not operators of this form.
  func checkSquare() throws(Failure)
  /// prepared = W.
  func prepareCopy(of tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer)
  /// prepared = ½(W − Wᵀ − γI). Inputs and outputs are the same space.
  func prepareAntisymmetric(_ tensor: UnsafeMutableRawPointer, damping: Double, into prepared: UnsafeMutableRawPointer)
  /// prepared = ½(W + Wᵀ).
  func prepareSymmetric(_ tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer)
  /// G ↦ ½(G − Gᵀ) in place: from the gradient of what `prepareAntisymmetric` made to that of W.
  func antisymmetrizeGradient(_ tensor: UnsafeMutableRawPointer)
  /// G ↦ ½(G + Gᵀ) in place: from the gradient of what `prepareSymmetric` made to that of W.
  func symmetrizeGradient(_ tensor: UnsafeMutableRawPointer)
}

extension LinearOperator {
  package var needsPreparation: Bool { false }
  package var copiedCount: Int { preparedCount }
  package var scratchWidth: Int { 0 }
  package var normGrowth: Double { 1 }
  package var normNumbers: Int { 0 }
  package func rowSums() throws(Failure) -> RowSums { throw Failure(.incompatible, "no row sums are known of this operator") }
  package func unitScaling(_ norm: UnitNorm) throws(Failure) -> any UnitScaling { throw Failure(.incompatible, "no scaling to norm 1 is known of this operator") }
  package func checkSquare() throws(Failure) { precondition(inputs == outputs, "the antisymmetric part of a square matrix") }

  package func multiply(_ scale: Double, _ slope: Block, _ cotangent: Block, into out: Block, addingBiasGradientTo gradient: Bias, transposed: Bool) {
    LinearAlgebra.multiply(scale, slope, cotangent, addingTo: nil, into: out)
    accumulateBiasGradient(out, addingTo: gradient, transposed: transposed)
  }
}

/// The place and the form of an operator's numbers, and whether W or Wᵀ is meant. Trivially copied.
package struct OperatorWeights: @unchecked Sendable {
  package enum Form: UInt8, Sendable {
    /// The form of the tensor in parameters, gradients and directions.
    case tensor
    /// The form that `prepare…` makes.
    case prepared
  }
  package let base: UnsafeMutableRawPointer
  package let form: Form
  package let isTransposed: Bool

  package init(_ base: UnsafeMutableRawPointer, _ form: Form, isTransposed: Bool = false) {
    self.base = base
    self.form = form
    self.isTransposed = isTransposed
  }

  package var transposed: OperatorWeights { OperatorWeights(base, form, isTransposed: !isTransposed) }
}
