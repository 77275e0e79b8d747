/// The entries of one kernel module for one precision.
///
/// Each module KernelsV1, V3 and V4 makes one table a precision from the same source. Code compiled for AVX2 or AVX-512 is reached only through its table, and LinearAlgebra takes
/// only the tables that the processor can run. Entries are C functions of raw pointers: nothing is retained, thrown or allocated in a call.
package struct KernelTable {
  /// A kernel told by a call of `Calls.swift`, which it may write results to.
  package typealias Told = @convention(c) (_ call: UnsafeMutableRawPointer) -> Void
  /// x, out, count.
  package typealias Map = @convention(c) (UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void

  /// `AffineCall`, columns a multiple of 16.
  package var affineTile: Told
  /// `AffineCall`, one column.
  package var affineOne: Told
  /// `AffineChainCall`.
  package var affineChain: Told
  /// `ElementwiseCall`: out = base + a·x⊙y.
  package var multiply: Told
  /// `SummingProductCall`: out = a·x⊙y and sums[i·sumStride] += Σ_s out[i,s].
  package var multiplySumming: Told
  /// `ElementwiseCall`: out = a·x + b·y.
  package var combine: Told
  /// `ElementwiseCall`: out = x.
  package var copy: Told
  /// out = value: out, value, count.
  package var fill: @convention(c) (UnsafeMutableRawPointer, Double, Int) -> Void
  /// `OuterCall`.
  package var outer: Told
  /// `ElementwiseCall`: out[i·outStride] += Σ_s x[i,s].
  package var rowSums: Told
  /// Σ xᵢyᵢ in Double: x, y, count.
  package var dot: @convention(c) (UnsafeRawPointer, UnsafeRawPointer, Int) -> Double
  /// Σ (xᵢ − yᵢ)² in Double: x, y, count.
  package var squaredDistance: @convention(c) (UnsafeRawPointer, UnsafeRawPointer, Int) -> Double
  /// Largest |xᵢ − yᵢ|, or |xᵢ| without y; NaN when one is not finite: x, y, count.
  package var largestDifference: @convention(c) (UnsafeRawPointer, UnsafeRawPointer?, Int) -> Double
  /// Whether all of x, count are finite.
  package var allFinite: @convention(c) (UnsafeRawPointer, Int) -> Bool
  /// `SquareCall`: out = ½(x − xᵀ − diagonal·I).
  package var antisymmetrize: Told
  /// `OptimizerCall`.
  package var sgd: Told
  package var adam: Told
  /// `LossCall`.
  package var crossEntropy: Told
  package var logistic: Told
  package var leastSquares: Told
  /// `LossCall`: gradient = softmax(scores) over the classes.
  package var softmax: Told
  /// σ(x): the activation's number, x, out, count.
  package var activation: @convention(c) (Int32, UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void
  package var exponential: Map
  /// `TensorCall`.
  package var gather: Told
  package var scatter: Told
  /// `ActivateCall`: out = base + scale·σ(x), slope = σ'(x).
  package var activate: Told
  /// `ElementwiseCall`: out[i,s] = base[i,s] + a·x[i·xStride]·y[i,s].
  package var scaleRows: Told
  /// `ElementwiseCall`: out[i·outStride] += a·Σ_s x[i,s]·y[i,s].
  package var rowDots: Told
  /// `ElementwiseCall`: out[s] = Σ_i x[i,s]·y[i,s].
  package var columnDots: Told
  /// `ElementwiseCall`: out[i,s] = base[s] ≠ 0 ? x[i,s] : y[i,s].
  package var selectColumns: Told
  /// `ElementwiseCall`: out[s] = √(mean_i (x/(b + a·max(|y|, |base|)))²).
  package var errorNorms: Told
  /// `WeightedSumCall`: out = base + Σ_m a_m·x_m.
  package var weightedSum: Told
  /// `PathCall`.
  package var path: Told
  /// `DrawCall`.
  package var draw: Told

  package init(
    affineTile: Told, affineOne: Told, affineChain: Told, multiply: Told, multiplySumming: Told, combine: Told, copy: Told, fill: @convention(c) (UnsafeMutableRawPointer, Double, Int) -> Void, outer: Told, rowSums: Told,
    dot: @convention(c) (UnsafeRawPointer, UnsafeRawPointer, Int) -> Double, squaredDistance: @convention(c) (UnsafeRawPointer, UnsafeRawPointer, Int) -> Double,
    largestDifference: @convention(c) (UnsafeRawPointer, UnsafeRawPointer?, Int) -> Double,
    allFinite: @convention(c) (UnsafeRawPointer, Int) -> Bool, antisymmetrize: Told, sgd: Told, adam: Told, crossEntropy: Told, logistic: Told,
    leastSquares: Told, softmax: Told, activation: @convention(c) (Int32, UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void, exponential: Map, gather: Told, scatter: Told,
    activate: Told, scaleRows: Told, rowDots: Told, columnDots: Told, selectColumns: Told, errorNorms: Told, weightedSum: Told, path: Told, draw: Told
  ) {
    self.affineTile = affineTile
    self.affineOne = affineOne
    self.affineChain = affineChain
    self.multiply = multiply
    self.multiplySumming = multiplySumming
    self.combine = combine
    self.copy = copy
    self.fill = fill
    self.outer = outer
    self.rowSums = rowSums
    self.dot = dot
    self.squaredDistance = squaredDistance
    self.largestDifference = largestDifference
    self.allFinite = allFinite
    self.antisymmetrize = antisymmetrize
    self.sgd = sgd
    self.adam = adam
    self.crossEntropy = crossEntropy
    self.logistic = logistic
    self.leastSquares = leastSquares
    self.softmax = softmax
    self.activation = activation
    self.exponential = exponential
    self.gather = gather
    self.scatter = scatter
    self.activate = activate
    self.scaleRows = scaleRows
    self.rowDots = rowDots
    self.columnDots = columnDots
    self.selectColumns = selectColumns
    self.errorNorms = errorNorms
    self.weightedSum = weightedSum
    self.path = path
    self.draw = draw
  }
}
