import CKernels

/// Work on neighboring pixels of a channel, at the columns of one register.
protocol StripWork {
  associatedtype F: Family
  /// Works on `count` registers from pixel `pixel` on, each a row further; with `along`, where the rows of one sample are neighbors, each L.count rows further.
  func strip<L: Lanes>(_: L.Type, channel: Int, pixel: Int, count: Int, column: Int, along: Bool) where L.Scalar == F.Scalar
}

/// Covers an image with strips. A chunk of rows is worked on at all columns before the next, so that its memory is read once.
@inline(__always) func forEachStrip<W: StripWork>(_ work: W, channels: Int, pixels: Int, columns: Int, isDense: Bool) {
  var channel = 0
  while channel < channels {
    forEachStrip(work, channel: channel, from: 0, pixels: pixels, column: 0, columns: columns, isDense: isDense)
    channel &+= 1
  }
}

/// The same for some pixels of one channel, and `columns` columns from `column` on.
@inline(__always) func forEachStrip<W: StripWork>(_ work: W, channel: Int, from first: Int, pixels: Int, column: Int, columns: Int, isDense: Bool) {
  typealias Wide = W.F.Wide
  if columns == 1 {
    let whole = isDense ? pixels / Wide.count : 0
    if whole > 0 { work.strip(Wide.self, channel: channel, pixel: first, count: whole, column: 0, along: true) }
    let rest = pixels &- whole &* Wide.count
    if rest > 0 { work.strip(W.F.One.self, channel: channel, pixel: first &+ whole &* Wide.count, count: rest, column: 0, along: false) }
    return
  }
  var done = 0
  while done < pixels {
    let count = pixels &- done < chunkRows ? pixels &- done : chunkRows
    var i = column
    while i < column &+ columns {
      work.strip(Wide.self, channel: channel, pixel: first &+ done, count: count, column: i, along: false)
      i &+= Wide.count
    }
    done &+= count
  }
}

/// A row's numbers for the columns of a strip, and the distance to the next ones.
struct StripNumbers<L: Lanes> {
  let base: UnsafeMutablePointer<L.Scalar>?
  let advance: Int
  @inline(__always) init(_ operand: Operand, _ row: Int, _ column: Int, along: Bool) {
    base = operand.number(L.Scalar.self, row, column)
    advance = along ? L.count : operand.stride
  }
  /// Those of step `i`, or `absent` if there are none.
  @inline(__always) func load(_ i: Int, _ absent: L) -> L { base.map { L(loading: $0 + i &* advance) } ?? absent }
  @inline(__always) func store(_ x: L, _ i: Int) { if let base { x.store(base + i &* advance) } }
}

extension Operand {
  /// A channel's number, or what stands for it.
  @inline(__always) func ofChannel<L: Lanes>(_: L.Type, _ channel: Int, _ absent: L.Scalar) -> L {
    L(number(L.Scalar.self, channel, 0).map { $0.pointee } ?? absent)
  }
}

/// The statistics and sums of a strip: of a group they stay in registers, of pixels they are loaded row by row.
struct StripStatistics<L: Lanes, P: StatisticsPlace> {
  private let high: L
  private let low: L
  private let groupInverse: L
  private let first: L
  private let second: L
  private let inverses: StripNumbers<L>
  private let products: StripNumbers<L>

  @inline(__always) init(_ c: UnsafePointer<NormalizationCall>, channel: Int, pixel: Int, column: Int, along: Bool) {
    if P.isPixel {
      inverses = StripNumbers(c.pointee.statistics, pixel, column, along: along)
      products = StripNumbers(c.pointee.sums, pixel, column, along: along)
      (high, low, groupInverse, first, second) = (L(0), L(0), L(0), L(0), L(0))
    } else {
      let group = c.pointee.group(of: channel)
      let isOne = along || c.pointee.step == 0
      func number(_ operand: Operand, _ row: Int) -> L {
        guard let base = operand.number(L.Scalar.self, row, 0) else { return L(0) }
        return isOne ? L(base.pointee) : L(loading: base + column)
      }
      high = number(c.pointee.statistics, 3 &* group)
      low = number(c.pointee.statistics, 3 &* group &+ 1)
      groupInverse = number(c.pointee.statistics, 3 &* group &+ 2)
      first = number(c.pointee.sums, 2 &* group)
      second = number(c.pointee.sums, 2 &* group &+ 1)
      inverses = StripNumbers(Operand(base: nil, stride: 0), 0, 0, along: false)
      products = inverses
    }
  }

  /// x less the mean, which has two parts, so that a large one does not round what is left.
  @inline(__always) func centered(_ x: L) -> L { P.isPixel ? x : (x - high) - low }
  @inline(__always) func inverse(_ i: Int) -> L { P.isPixel ? inverses.load(i, L(0)) : groupInverse }
  /// v − sums₁ − x̂·sums₂.
  @inline(__always) func projected(_ v: L, _ normalized: L, _ i: Int) -> L {
    L.fma(normalized.negated, P.isPixel ? products.load(i, L(0)) : second, P.isPixel ? v : v - first)
  }
}
