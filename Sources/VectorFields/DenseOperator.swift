import LinearAlgebra
import Settings

/// A dense matrix, outputs × inputs, stored row by row in its tensor.
///
/// The prepared form is stored column by column, so that the outputs are contiguous: the kernel for single samples needs this layout, and that for tiles works with either. Cost of a product: one kernel call of
/// 2·outputs·inputs operations per sample.
package final class DenseOperator: LinearOperator {
  package let inputs: Int
  package let outputs: Int
  private let precision: Precision

  package init(inputs: Int, outputs: Int, precision: Precision) {
    self.inputs = inputs
    self.outputs = outputs
    self.precision = precision
  }

  package var shape: [Int] { [outputs, inputs] }
  package var fanIn: Int { inputs }
  package var fanOut: Int { outputs }
  package func biasCount(_ kind: BiasKind, transposed: Bool) -> Int { kind.count(transposed ? inputs : outputs) }
  package var preparedCount: Int { inputs * outputs }

  /// The matrix that products with these weights use.
  @inline(__always) package func matrix(_ weights: OperatorWeights) -> Matrix {
    let isRowMajor = weights.form == .tensor
    let matrix = Matrix(
      weights.base, rows: outputs, columns: inputs, rowStride: isRowMajor ? inputs : 1, columnStride: isRowMajor ? 1 : outputs, precision: precision)
    return weights.isTransposed ? matrix.transposed : matrix
  }

  private func tensor(_ base: UnsafeMutableRawPointer) -> Matrix { matrix(OperatorWeights(base, .tensor)) }
  private func prepared(_ base: UnsafeMutableRawPointer) -> Matrix { matrix(OperatorWeights(base, .prepared)) }

  package func affine(
    _ weights: OperatorWeights, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?,
    scratch: Block
  ) {
    LinearAlgebra.affine(matrix(weights), bias: bias, activation: activation, of: x, scale: scale, addingTo: base, into: out, slope: slope)
  }

  package func accumulateGradient(_ left: Block, _ right: Block, addingTo gradient: OperatorWeights, scratch: Block) {
    accumulateOuter(left, right, addingTo: matrix(gradient))
  }

  package func accumulateBiasGradient(_ left: Block, addingTo gradient: Bias, transposed: Bool) { accumulateRowSums(left, addingTo: gradient) }

  package func multiply(_ scale: Double, _ slope: Block, _ cotangent: Block, into out: Block, addingBiasGradientTo gradient: Bias, transposed: Bool) {
    LinearAlgebra.multiply(scale, slope, cotangent, into: out, addingRowSumsTo: gradient)
  }

  package func affineForm(_ weights: OperatorWeights, bias: Bias?, activation: Activation, sign: Double) -> AffineForm? {
    AffineForm(weights: matrix(weights), bias: bias, activation: activation, sign: sign)
  }

  package func boundNorm(_ tensor: UnsafeMutableRawPointer, isAntisymmetric: Bool, enough target: Double, by bound: NormBound) -> Double {
    bound.bound(self.tensor(tensor), isAntisymmetric: isAntisymmetric, enough: target)
  }

  package func rowSums() throws(Failure) -> RowSums { RowSums(outputs: outputs, inputs: inputs) }
  package func unitScaling(_ norm: UnitNorm) throws(Failure) -> any UnitScaling { MatrixScaling(norm, rows: outputs, columns: inputs) }

  package var normLooseness: Double { NormBound.looseness(rows: outputs, columns: inputs, precision: precision) }
  package var normExtents: (rows: Int, columns: Int) { (min(inputs, outputs), max(inputs, outputs)) }

  package func prepareCopy(of tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer) {
    copy(self.tensor(tensor), into: self.prepared(prepared))
  }

  package func prepareAntisymmetric(_ tensor: UnsafeMutableRawPointer, damping: Double, into prepared: UnsafeMutableRawPointer) {
    // Transposed, M is row-major: ½(Wᵀ − W − γI).
    antisymmetrize(self.tensor(tensor).transposed, damping: damping, into: self.prepared(prepared).transposed)
  }

  package func prepareSymmetric(_ tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer) {
    symmetrize(self.tensor(tensor), into: self.prepared(prepared))
  }

  package func antisymmetrizeGradient(_ tensor: UnsafeMutableRawPointer) {
    let gradient = self.tensor(tensor)
    antisymmetrize(gradient, damping: 0, into: gradient)
  }

  package func symmetrizeGradient(_ tensor: UnsafeMutableRawPointer) {
    let gradient = self.tensor(tensor)
    symmetrize(gradient, into: gradient)
  }
}
