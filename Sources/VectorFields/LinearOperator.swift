import LinearAlgebra

/// A linear map x ↦ Wx of blocks whose weights W lie in one tensor of a layer: what fields are written over.
///
/// A field knows an operator's `inputs` and `outputs` and nothing else of its shape: dense matrices are the first members, convolutions are others. Every product is fused with what follows it,
/// out = base + s·σ(Wx + b). An operator owns no numbers; a call says where they lie (`OperatorWeights`) and whether W or Wᵀ is meant. Nothing here allocates but the declarations.
///
/// The products keep the rule of all forward products: a sample alone and the same sample in a tile give the same bits.
package protocol LinearOperator: AnyObject, Sendable {
  /// Rows of the blocks that W takes and gives; Wᵀ takes and gives the opposite.
  var inputs: Int { get }
  var outputs: Int { get }
  /// Extents of the tensor of weights in one layer.
  var shape: [Int] { get }
  /// How many numbers an output of W sums, and how many outputs a number enters: what first values are scaled by (`WeightUse`).
  var fanIn: Int { get }
  var fanOut: Int { get }
  /// Numbers of a bias added to Wx, or to Wᵀx.
  func biasCount(_ kind: BiasKind, transposed: Bool) -> Int

  /// out = base + scale·σ(Wx + bias), and slope = σ'(Wx + bias) if asked for. `out` may be `base`, never `x`.
  func affine(
    _ weights: OperatorWeights, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?)
  /// Accumulates the gradient of ⟨left, W·right⟩ in W, summed over the samples: left·rightᵀ for a dense W. `gradient` has the form of a tensor.
  func accumulateGradient(_ left: Block, _ right: Block, addingTo gradient: OperatorWeights)
  /// Accumulates the gradient of ⟨left, b⟩ in the bias b of W, or of Wᵀ.
  func accumulateBiasGradient(_ left: Block, addingTo gradient: Bias, transposed: Bool)
  /// out = scale·slope⊙cotangent, and its `accumulateBiasGradient`: what the pullback of every activation begins with.
  func multiply(_ scale: Double, _ slope: Block, _ cotangent: Block, into out: Block, addingBiasGradientTo gradient: Bias, transposed: Bool)
  /// sign·σ(Wx + bias) as one affine map of a matrix, for the short cut of single samples; nil for an operator that is none.
  func affineForm(_ weights: OperatorWeights, bias: Bias?, activation: Activation, sign: Double) -> AffineForm?

  /// ‖W‖₂, or ‖½(W − Wᵀ)‖₂, bounded from above by less than the factor `normLooseness`; by a cheaper bound where that is at most `target`.
  /// - Parameter bound: with memory for `normExtents`.
  func boundNorm(_ tensor: UnsafeMutableRawPointer, isAntisymmetric: Bool, enough target: Double, by bound: NormBound) -> Double
  var normLooseness: Double { get }
  /// The extents of the matrix whose norm is bounded, the smaller first.
  var normExtents: (rows: Int, columns: Int) { get }

  /// Numbers of W in prepared form: laid out as single samples want it.
  var preparedCount: Int { get }
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
  package func multiply(_ scale: Double, _ slope: Block, _ cotangent: Block, into out: Block, addingBiasGradientTo gradient: Bias, transposed: Bool) {
    LinearAlgebra.multiply(scale, slope, cotangent, addingTo: nil, into: out)
    accumulateBiasGradient(out, addingTo: gradient, transposed: transposed)
  }
}

/// Where an operator's numbers lie, in which form, and whether W or Wᵀ is meant. Trivially copied.
package struct OperatorWeights: @unchecked Sendable {
  package enum Form: UInt8, Sendable {
    /// As the tensor lies in the parameters, gradients and directions.
    case tensor
    /// As `prepare…` left it.
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
