import CKernels

/// x − K and x − K, with K the first number of the chunk.
///
/// The variance of a chunk of n numbers is then Σd² − (Σd)²/n with Σd² at most n times as large, because one of the d is 0: in Double no more than log₂ n bits cancel, whatever the mean.
private struct ShiftedTerms<F: Family>: SumTerms {
  let x: UnsafePointer<F.Scalar>
  let stride: Int
  @inline(__always) func center<W: Widening>(_: W.Type, _ row: Int, _ column: Int) -> W.Sums where W.F == F { W.load(x + (row &* stride &+ column)) }
  @inline(__always) func terms<W: Widening>(_: W.Type, _ center: W.Sums, _ row: Int, _ column: Int) -> (t: W.Sums, d: W.Sums) where W.F == F {
    let d = W.load(x + (row &* stride &+ column)) - center
    return (d, d)
  }
}

/// The moments of each group of rows: column by column into `statistics`, or of all columns together into `slots`. Chunks are merged by the formula of Chan, Golub & LeVeque (1979), "Updating formulae and a pairwise
/// algorithm for computing sample variances", eq. 2.1.
@inline(__always) func imageMoments<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: MomentsCall.self))
  guard let x = c.pointee.x.base else { return }
  let terms = ShiftedTerms<F>(x: x.assumingMemoryBound(to: F.Scalar.self), stride: c.pointee.x.stride)
  let means = room.assumingMemoryBound(to: Double.self)
  let squares = means + 16
  let columns = c.pointee.columns
  var column = 0
  while column < columns {
    var group = 0
    while group < c.pointee.groups {
      moments(terms, group &* c.pointee.rows, c.pointee.rows, column, columns, means, squares)
      if c.pointee.slots != nil {
        storeSlot(c, group, column, means, squares)
      } else if columns == 1 {
        storeStatistics(Alone<F>.self, c, group, 0, means, squares)
      } else {
        storeStatistics(Eight<F>.self, c, group, column, means, squares)
        storeStatistics(Eight<F>.self, c, group, column &+ 8, means + 8, squares + 8)
      }
      group &+= 1
    }
    column &+= 16
  }
}

@inline(__always) private func moments<F: Family>(
  _ terms: ShiftedTerms<F>, _ row: Int, _ rows: Int, _ column: Int, _ columns: Int, _ means: UnsafeMutablePointer<Double>,
  _ squares: UnsafeMutablePointer<Double>
) {
  var done = 0
  while done < rows {
    let count = rows &- done < chunkRows ? rows &- done : chunkRows
    if columns == 1 {
      let center = terms.center(Alone<F>.self, row &+ done, 0)
      let sums = terms.stride == 1 ? chunkSumsAlong(terms, center, row &+ done, count) : chunkSums(Alone<F>.self, terms, center, row &+ done, count, 0)
      merge(center, sums, done, count, means, squares)
    } else {
      var lane = 0
      while lane < 16 {
        let center = terms.center(Eight<F>.self, row &+ done, column &+ lane)
        merge(center, chunkSums(Eight<F>.self, terms, center, row &+ done, count, column &+ lane), done, count, means + lane, squares + lane)
        lane &+= 8
      }
    }
    done &+= count
  }
}

/// Adds a chunk of `count` rows, given by its sums, to the moments of `done` rows.
@inline(__always) private func merge<L: Lanes>(
  _ center: L, _ sums: (L, L), _ done: Int, _ count: Int, _ means: UnsafeMutablePointer<Double>, _ squares: UnsafeMutablePointer<Double>
)
where L.Scalar == Double {
  let shift = sums.0 * L(1 / Double(count))
  let mean = center + shift
  // Rounding alone could make it negative. It is the second operand, so that NaN passes.
  let square = L.larger(L(0), L.fma(shift.negated, sums.0, sums.1))
  if done == 0 {
    mean.store(means)
    square.store(squares)
    return
  }
  let difference = mean - L(loading: means)
  let part = Double(count) / Double(done &+ count)
  L.fma(difference, L(part), L(loading: means)).store(means)
  L.fma(difference * difference, L(Double(done) * part), L(loading: squares) + square).store(squares)
}

@inline(__always) private func storeStatistics<W: Widening>(
  _: W.Type, _ c: UnsafePointer<MomentsCall>, _ group: Int, _ column: Int, _ means: UnsafePointer<Double>, _ squares: UnsafePointer<Double>
) {
  let statistics = c.pointee.statistics
  guard let mean = statistics.number(W.F.Scalar.self, 3 &* group, column) else { return }
  let exact = W.Sums(loading: means)
  W.store(exact, mean)
  W.store(exact - W.load(mean), mean + statistics.stride)
  let variance = W.Sums(loading: squares) / W.Sums(Double(c.pointee.rows))
  W.store(W.Sums(1) / (variance + W.Sums(c.pointee.epsilon)).squareRoot, mean + 2 &* statistics.stride)
}

/// Count, mean and Σ(x − mean)² of the valid columns of a quantum, each of which has the same count.
@inline(__always) private func storeSlot(
  _ c: UnsafePointer<MomentsCall>, _ group: Int, _ column: Int, _ means: UnsafePointer<Double>, _ squares: UnsafePointer<Double>
) {
  guard let slots = c.pointee.slots else { return }
  let slot = slots + 3 &* (column / 16 &* c.pointee.groups &+ group)
  let most = c.pointee.columns == 1 ? 1 : 16
  let left = c.pointee.samples &- column
  let valid = left < 0 ? 0 : left < most ? left : most
  var (mean, square) = (0.0, 0.0)
  var j = 0
  // Less the first, so that columns with the same mean have exactly it.
  while j < valid {
    mean += means[j] - means[0]
    j &+= 1
  }
  if valid > 0 { mean = means[0] + mean / Double(valid) }
  j = 0
  while j < valid {
    square += squares[j] + Double(c.pointee.rows) * ((means[j] - mean) * (means[j] - mean))
    j &+= 1
  }
  slot[0] = Double(valid &* c.pointee.rows)
  slot[1] = mean
  slot[2] = square
}
