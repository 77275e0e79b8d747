import CKernels

/// One number for each channel by which a normalized image is scaled, and one by which it is shifted: parameters, their tangents or their gradients. nil stands for scale 1 and shift 0, and for no tangent or gradient.
package struct NormalizationFactors {
  package let scale: Bias?
  package let shift: Bias?

  package init(scale: Bias? = nil, shift: Bias? = nil) {
    self.scale = scale
    self.shift = shift
  }
}

/// The statistics by which an image is normalized, or the sums of a derivative: each column's own, or one for all samples.
package struct NormalizationRows {
  fileprivate let operand: Operand
  /// Numbers from column to column: 1 or 0.
  fileprivate let step: Int

  /// `statisticsRows` or `sumRows` rows, as many columns as the image.
  package init(_ rows: Block) { (operand, step) = (Operand(rows), 1) }
  /// As many numbers, in the precision of the image: those of a batch.
  package init(shared numbers: Vector) { (operand, step) = (Operand(base: numbers.base, stride: 1), 0) }
}

/// The statistics of each sample: of every group its mean m = Σx/n and 1/σ = 1/√(Σ(x − m)²/n + ε) over the pixels and channels of the group; of every pixel 1/√(Σ_c x² + ε).
///
/// Source: Wu & He (2018), "Group normalization", eq. 2–3. The sums are taken in Double in an order that does not depend on the block, moments chunk by chunk about a number of the chunk, so that no mean is too large. The mean
/// is stored as the sum of two numbers: x − m would otherwise have an error of half an ulp of m.
///
/// - Parameters:
///   - epsilon: above 0.
///   - statistics: `statisticsRows` rows, as many columns as `x`. The normalization and its derivatives work from these and `x`; x̂ is never stored.
/// - Cost: one pass over `x`.
package func normalizationStatistics(_ geometry: NormalizationGeometry, of x: Block, epsilon: Double, into statistics: Block) {
  if BlockPieces.isOver(before: x) { return }
  assert(
    x.rows == geometry.rows && statistics.rows == geometry.statisticsRows && statistics.columns == x.columns && epsilon > 0, "normalizationStatistics: shapes")
  let kernels = Kernels.table(x.precision).pointee.image
  if geometry.isByPixels {
    var call = geometry.call(x, NormalizationRows(statistics))
    call.epsilon = epsilon
    return kernels.pixelStatistics(&call)
  }
  let call = MomentsCall(
    groups: geometry.groups, rows: geometry.rows / geometry.groups, columns: x.columns, x: Operand(x), epsilon: epsilon, statistics: Operand(statistics),
    slots: nil, samples: x.columns)
  call.forEachPiece(x) { kernels.moments(&$0) }
}

/// out = base + scale·σ(y) and slope = σ'(y) with y = factors.scale·x̂ + factors.shift, x̂ = (x − m)/σ or, by pixels, x/√(Σ_c x² + ε).
///
/// - Parameters:
///   - base: nil stands for zeros; it may be the memory of `out`.
///   - out, slope: either may be the memory of `x`, not both.
///   - slope: receives σ'; nil if it is not needed.
/// - Accuracy: a few roundings of numbers of the size of x̂, whatever the mean; σ as documented at `apply`.
/// - Cost: one pass.
package func normalize(
  _ geometry: NormalizationGeometry, _ statistics: NormalizationRows, _ factors: NormalizationFactors, of x: Block, activation: Activation = .identity,
  scale: Double = 1,
  addingTo base: Block? = nil, into out: Block, slope: Block? = nil
) {
  if BlockPieces.isOver(before: x) { return }
  assert(x.rows == geometry.rows && out.rows == geometry.rows && x.columns == out.columns, "normalize: shapes")
  var call = geometry.call(x, statistics, factors)
  call.activation = activation.rawValue
  call.factor = scale
  call.base = Operand(base)
  call.out = Operand(out)
  call.slope = Operand(slope)
  let kernels = Kernels.table(x.precision).pointee.image
  call.run(x, byPixels: geometry.isByPixels, kernels.normalizePixels, kernels.normalize)
}

/// The sums of a tangent v that `pushNormalization` needs: the means of v and v⊙x̂ over each group; by pixels Σ_c v⊙x̂.
///
/// - Parameter sums: `sumRows` rows, as many columns as `x`.
/// - Cost: one pass over `v` and `x`.
package func tangentSums(_ geometry: NormalizationGeometry, _ statistics: NormalizationRows, of v: Block, at x: Block, into sums: Block) {
  if BlockPieces.isOver(before: x) { return }
  var call = geometry.call(x, statistics, sums: NormalizationRows(sums))
  call.v = Operand(v)
  let kernels = Kernels.table(x.precision).pointee.image
  call.run(x, byPixels: geometry.isByPixels, kernels.pixelSums, kernels.normalizationSums)
}

/// out = base + scale·slope⊙(factors.scale⊙x̂' + direction.scale⊙x̂ + direction.shift), the exact tangent of `normalize`, with x̂' = (v − mean(v) − x̂·mean(v⊙x̂))/σ or, by pixels, (v − x̂·Σ_c v⊙x̂)/√(Σ_c x² + ε).
///
/// - Parameters:
///   - v: nil for zeros. With `sums` nil the statistics are constants, as in evaluation by stored ones: x̂' = v/σ.
///   - sums: made by `tangentSums`, or by `mergeSums` from those of a batch.
///   - activation: `relu`, whose slopes are computed again from `x`; otherwise `identity`.
///   - slope: σ' of another activation, as `normalize` left it; nil for 1.
///   - out: may be the memory of `v` or `base`.
package func pushNormalization(
  _ geometry: NormalizationGeometry, _ statistics: NormalizationRows, _ factors: NormalizationFactors, at x: Block, tangent v: Block?, sums: NormalizationRows?,
  direction: NormalizationFactors? = nil, activation: Activation = .identity, slope: Block? = nil, scale: Double = 1, addingTo base: Block? = nil, into out: Block
) {
  if BlockPieces.isOver(before: x) { return }
  assert(x.rows == geometry.rows && out.rows == geometry.rows && x.columns == out.columns, "pushNormalization: shapes")
  var call = geometry.call(x, statistics, factors, sums: sums)
  call.v = Operand(v)
  call.scaleChange = Operand(direction?.scale)
  call.shiftChange = Operand(direction?.shift)
  call.use(activation, slope)
  call.factor = scale
  call.base = Operand(base)
  call.out = Operand(out)
  let kernels = Kernels.table(x.precision).pointee.image
  call.run(x, byPixels: geometry.isByPixels, kernels.pixelTangent, kernels.normalizationTangent)
}

/// The sums of a cotangent p of y that `pullNormalization` needs, with g = factors.scale⊙p⊙slope: the means of g and g⊙x̂ over each group; by pixels Σ_c g⊙x̂. And the gradients of the parameters: gradient.scale +=
/// scale·Σ p⊙slope⊙x̂ and gradient.shift += scale·Σ p⊙slope over pixels and columns.
///
/// The gradients' sums are taken in Double for each quantum of 16 columns, which are added in order. Padding columns count, so the cotangent must be zero there.
///
/// - Parameters:
///   - activation, slope: as in `pushNormalization`.
///   - sums: `sumRows` rows, as many columns as `x`; nil where the statistics are constants.
///   - gradient: nil if only the cotangent of x is wanted.
package func cotangentSums(
  _ geometry: NormalizationGeometry, _ statistics: NormalizationRows, _ factors: NormalizationFactors, of p: Block, activation: Activation = .identity,
  slope: Block? = nil, at x: Block, into sums: Block?, scale: Double = 1,
  addingTo gradient: NormalizationFactors? = nil
) {
  if BlockPieces.isOver(before: x) { return }
  assert(x.rows == geometry.rows && p.rows == geometry.rows && x.columns == p.columns, "cotangentSums: shapes")
  var call = geometry.call(x, statistics, factors, sums: sums.map { NormalizationRows($0) })
  call.v = Operand(p)
  call.use(activation, slope)
  call.scaleChange = Operand(gradient?.scale)
  call.shiftChange = Operand(gradient?.shift)
  call.factor = scale
  let kernels = Kernels.table(x.precision).pointee.image
  guard geometry.isByPixels else { return call.forEachPiece(x) { kernels.normalizationSums(&$0) } }
  if sums != nil { kernels.pixelSums(&call) }
  if gradient != nil { kernels.pixelGradients(&call) }
}

/// q = base + scale·(g − mean(g) − x̂·mean(g⊙x̂))/σ with g = factors.scale⊙p⊙slope or, by pixels, base + scale·(g − x̂·Σ_c g⊙x̂)/√(Σ_c x² + ε): the exact transpose of `pushNormalization` with respect to v.
///
/// - Parameters:
///   - sums: made by `cotangentSums`, or by `mergeSums` from those of a batch; nil where the statistics are constants: q = base + scale·g/σ.
///   - activation, slope: as in `pushNormalization`.
///   - q: may be the memory of `p` or `base`.
package func pullNormalization(
  _ geometry: NormalizationGeometry, _ statistics: NormalizationRows, _ factors: NormalizationFactors, at x: Block, cotangent p: Block,
  sums: NormalizationRows?, activation: Activation = .identity, slope: Block? = nil, scale: Double = 1, addingTo base: Block? = nil, into q: Block
) {
  if BlockPieces.isOver(before: x) { return }
  assert(x.rows == geometry.rows && q.rows == geometry.rows && p.rows == geometry.rows && x.columns == q.columns, "pullNormalization: shapes")
  var call = geometry.call(x, statistics, factors, sums: sums)
  call.v = Operand(p)
  call.use(activation, slope)
  call.factor = scale
  call.base = Operand(base)
  call.out = Operand(q)
  let kernels = Kernels.table(x.precision).pointee.image
  call.run(x, byPixels: geometry.isByPixels, kernels.pixelPullback, kernels.normalizationPullback)
}

extension Operand {
  fileprivate init(_ numbers: Bias?) { self.init(base: numbers?.base, stride: numbers?.stride ?? 0) }
}

extension MomentsCall {
  /// Calls `body` with pieces of the groups. Slots of several quanta of columns are one piece.
  func forEachPiece(_ block: Block, _ body: (inout MomentsCall) -> Void) {
    var piece = self
    guard slots == nil || columns <= Block.quantum else { return body(&piece) }
    BlockPieces.forEach(of: groups, block) { range in
      piece.groups = range.count
      piece.x = x.skipping(rows: range.lowerBound * rows, block.precision)
      piece.statistics = statistics.skipping(rows: 3 * range.lowerBound, block.precision)
      piece.slots = slots.map { $0 + 3 * range.lowerBound }
      body(&piece)
    }
  }
}

extension NormalizationCall {
  /// Calls the kernel for normalization by pixels, or that by groups in pieces.
  fileprivate mutating func run(
    _ block: Block, byPixels isByPixels: Bool, _ pixels: @convention(c) (UnsafeMutableRawPointer) -> Void, _ groups: @convention(c) (UnsafeMutableRawPointer) -> Void
  ) {
    isByPixels ? pixels(&self) : forEachPiece(block) { groups(&$0) }
  }

  /// Calls `body` with pieces of the groups. Slots of several quanta of columns are one piece.
  func forEachPiece(_ block: Block, _ body: (inout NormalizationCall) -> Void) {
    var piece = self
    guard slots == nil || columns <= Block.quantum else { return body(&piece) }
    let (perGroup, precision) = (channels / groups, block.precision)
    BlockPieces.forEach(of: groups, block) { range in
      let channel = range.lowerBound * perGroup
      let row = channel * pixels
      (piece.groups, piece.channels) = (range.count, range.count * perGroup)
      piece.x = x.skipping(rows: row, precision)
      piece.v = v.skipping(rows: row, precision)
      piece.slope = slope.skipping(rows: row, precision)
      piece.base = base.skipping(rows: row, precision)
      piece.out = out.skipping(rows: row, precision)
      piece.statistics = statistics.skipping(rows: 3 * range.lowerBound, precision)
      piece.sums = sums.skipping(rows: 2 * range.lowerBound, precision)
      piece.scale = scale.skipping(rows: channel, precision)
      piece.shift = shift.skipping(rows: channel, precision)
      piece.scaleChange = scaleChange.skipping(rows: channel, precision)
      piece.shiftChange = shiftChange.skipping(rows: channel, precision)
      piece.slots = slots.map { $0 + 2 * channel }
      body(&piece)
    }
  }

  mutating func use(_ activation: Activation, _ slope: Block?) {
    assert(activation == .identity || activation == .relu && slope == nil, "normalization: slopes are computed again for relu, and given for others")
    (self.activation, self.slope) = (activation.rawValue, Operand(slope))
  }
}

extension NormalizationGeometry {
  /// Whether the derivatives compute the slopes of an activation again, so that none need to be stored.
  package func computesSlopes(of activation: Activation) -> Bool { activation == .identity || activation == .relu && !isByPixels }

  /// The arguments that all kernels read; the others stand for nothing.
  func call(_ x: Block, _ statistics: NormalizationRows, _ factors: NormalizationFactors = NormalizationFactors(), sums: NormalizationRows? = nil)
    -> NormalizationCall
  {
    assert(sums.map { $0.step == statistics.step } ?? true, "normalization: sums and statistics both belong to columns, or both to all")
    var call = NormalizationCall()
    call.channels = channels
    call.groups = groups
    call.pixels = pixels
    call.columns = x.columns
    call.x = Operand(x)
    call.statistics = statistics.operand
    call.sums = sums?.operand ?? Operand()
    call.step = statistics.step
    call.scale = Operand(factors.scale)
    call.shift = Operand(factors.shift)
    call.factor = 1
    return call
  }
}
