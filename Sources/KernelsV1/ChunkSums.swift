import CKernels

/// The rows that are summed at once: their numbers fit the first-level cache.
@inline(__always) var chunkRows: Int { 64 }

/// The numbers t and d of each row of a tile, of which Σt and Σt·d are taken.
protocol SumTerms {
  associatedtype F: Family
  /// Called before the terms of a chunk are taken: `rows` rows from `row` on, at 16 columns from `column` on or of one sample.
  func begin(_ row: Int, _ rows: Int, _ column: Int)
  /// What the terms of a column have in common, for the rows from `row` on.
  func center<W: Widening>(_: W.Type, _ row: Int, _ column: Int) -> W.Sums where W.F == F
  func terms<W: Widening>(_: W.Type, _ center: W.Sums, _ row: Int, _ column: Int) -> (t: W.Sums, d: W.Sums) where W.F == F
}

extension SumTerms {
  @inline(__always) func begin(_ row: Int, _ rows: Int, _ column: Int) {}
}

/// Σt and Σt·d over up to `chunkRows` rows of the columns that W takes, in Double.
///
/// Row i of the chunk is added to partial sum i mod 8, and these are folded as the lanes of a register of eight. So one sample, whose rows are neighbors, is summed in the same order (`chunkSumsAlong`).
@inline(__always) func chunkSums<W: Widening, T: SumTerms>(_: W.Type, _ terms: T, _ center: W.Sums, _ row: Int, _ rows: Int, _ column: Int) -> (W.Sums, W.Sums)
where W.F == T.F {
  let (first, fifth) = (partialSums(W.self, terms, center, row, rows, 0, column), partialSums(W.self, terms, center, row, rows, 4, column))
  let (t04, d04) = (first.0 + fifth.0, first.1 + fifth.1)
  let (third, seventh) = (partialSums(W.self, terms, center, row, rows, 2, column), partialSums(W.self, terms, center, row, rows, 6, column))
  let (t, d) = (t04 + (third.0 + seventh.0), d04 + (third.1 + seventh.1))
  return (t.a + t.b, d.a + d.b)
}

/// The partial sums `first` and `first` + 1 of a chunk.
@inline(__always) private func partialSums<W: Widening, T: SumTerms>(
  _: W.Type, _ terms: T, _ center: W.Sums, _ row: Int, _ rows: Int, _ first: Int, _ column: Int
) -> (Pair<W.Sums>, Pair<W.Sums>) where W.F == T.F {
  var (t, d) = (Pair<W.Sums>(0), Pair<W.Sums>(0))
  var i = first
  while i &+ 1 < rows {
    let (a, b) = (terms.terms(W.self, center, row &+ i, column), terms.terms(W.self, center, row &+ i &+ 1, column))
    t = t + Pair(a.t, b.t)
    d = Pair.fma(Pair(a.t, b.t), Pair(a.d, b.d), d)
    i &+= 8
  }
  if i < rows {
    let a = terms.terms(W.self, center, row &+ i, column)
    t.a = t.a + a.t
    d.a = W.Sums.fma(a.t, a.d, d.a)
  }
  return (t, d)
}

/// As `chunkSums`, with the bits of it, for one sample whose rows are neighbors in every block.
@inline(__always) func chunkSumsAlong<T: SumTerms>(_ terms: T, _ center: Alone<T.F>.Sums, _ row: Int, _ rows: Int) -> (Alone<T.F>.Sums, Alone<T.F>.Sums) {
  typealias One = Alone<T.F>
  let center8 = EightDoubles(center.sum)
  var (t, d) = (EightDoubles(0), EightDoubles(0))
  var i = 0
  while i &+ 8 <= rows {
    let a = terms.terms(Eight<T.F>.self, center8, row &+ i, 0)
    t = t + a.t
    d = EightDoubles.fma(a.t, a.d, d)
    i &+= 8
  }
  if i < rows {
    // The rest goes to the first lanes, one by one.
    var rest = (SIMD8<Double>(), SIMD8<Double>())
    withUnsafeMutableBytes(of: &rest) { memory in
      guard let base = memory.baseAddress?.assumingMemoryBound(to: Double.self) else { return }
      t.store(base)
      d.store(base + 8)
      let whole = i
      while i < rows {
        let lane = i &- whole
        let a = terms.terms(One.self, center, row &+ i, 0)
        (One.Sums(loading: base + lane) + a.t).store(base + lane)
        One.Sums.fma(a.t, a.d, One.Sums(loading: base + (8 &+ lane))).store(base + (8 &+ lane))
        i &+= 1
      }
      t = EightDoubles(loading: base)
      d = EightDoubles(loading: base + 8)
    }
  }
  return (One.Sums(t.sum), One.Sums(d.sum))
}

/// Σt and Σt·d over any number of rows, chunk by chunk: 16 columns, or one sample, to `sums` and `products`.
@inline(__always) func imageSums<T: SumTerms>(
  _ terms: T, _ row: Int, _ rows: Int, _ column: Int, _ columns: Int, isDense: Bool, _ sums: UnsafeMutablePointer<Double>,
  _ products: UnsafeMutablePointer<Double>
) {
  typealias One = Alone<T.F>
  var done = 0
  while done < rows {
    let count = rows &- done < chunkRows ? rows &- done : chunkRows
    terms.begin(row &+ done, count, column)
    if columns == 1 {
      let center = terms.center(One.self, row &+ done, 0)
      let (t, d) = isDense ? chunkSumsAlong(terms, center, row &+ done, count) : chunkSums(One.self, terms, center, row &+ done, count, 0)
      accumulate(t, sums, isFirst: done == 0)
      accumulate(d, products, isFirst: done == 0)
    } else {
      var lane = 0
      while lane < 16 {
        let center = terms.center(Eight<T.F>.self, row &+ done, column &+ lane)
        let (t, d) = chunkSums(Eight<T.F>.self, terms, center, row &+ done, count, column &+ lane)
        accumulate(t, sums + lane, isFirst: done == 0)
        accumulate(d, products + lane, isFirst: done == 0)
        lane &+= 8
      }
    }
    done &+= count
  }
}

@inline(__always) private func accumulate<L: Lanes>(_ x: L, _ memory: UnsafeMutablePointer<Double>, isFirst: Bool) where L.Scalar == Double {
  (isFirst ? x : L(loading: memory) + x).store(memory)
}

extension Operand {
  /// Number `column` of row `row`.
  @inline(__always) func number<S>(_: S.Type, _ row: Int, _ column: Int) -> UnsafeMutablePointer<S>? {
    base.map { $0.assumingMemoryBound(to: S.self) + (row &* stride &+ column) }
  }

  /// Whether the rows of one sample are neighbors, or there are none.
  @inline(__always) var isDense: Bool { base == nil || stride == 1 }
}
