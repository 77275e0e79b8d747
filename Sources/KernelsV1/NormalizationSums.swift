import CKernels

/// What a normalization's statistics belong to: groups of channels, or single pixels.
protocol StatisticsPlace {
  static var isPixel: Bool { get }
}

enum GroupPlace: StatisticsPlace {
  @inline(__always) static var isPixel: Bool { false }
}

enum PixelPlace: StatisticsPlace {
  @inline(__always) static var isPixel: Bool { true }
}

extension NormalizationCall {
  /// Whether the rows of one sample are neighbors in every block, so that registers may lie along them.
  @inline(__always) var isDense: Bool { x.isDense && v.isDense && slope.isDense && base.isDense && out.isDense }

  @inline(__always) func group(of channel: Int) -> Int { channel / (channels / groups) }
}

extension UnsafePointer<NormalizationCall> {
  /// As `isDense`; by pixels the statistics and sums must have neighboring rows too.
  @inline(__always) func isDense<P: StatisticsPlace>(_: P.Type) -> Bool {
    pointee.isDense && (!P.isPixel || pointee.statistics.isDense && pointee.sums.isDense)
  }
}

/// t = v⊙slope and d = x − mean of the channel's group; by pixels d = x/√(Σ_c x² + ε).
private struct DerivativeTerms<F: Family, P: StatisticsPlace>: SumTerms {
  let call: UnsafePointer<NormalizationCall>
  let v: UnsafePointer<F.Scalar>
  let x: UnsafePointer<F.Scalar>
  let statistics: UnsafePointer<F.Scalar>
  let slope: UnsafePointer<F.Scalar>?
  let channel: Int

  @inline(__always) func center<W: Widening>(_: W.Type, _ row: Int, _ column: Int) -> W.Sums where W.F == F {
    if P.isPixel { return W.Sums(0) }
    let rows = statistics + 3 &* call.pointee.group(of: channel) &* call.pointee.statistics.stride
    return perColumn(W.self, rows, column) + perColumn(W.self, rows + call.pointee.statistics.stride, column)
  }

  @inline(__always) func inverse<W: Widening>(_: W.Type, _ column: Int) -> W.Sums where W.F == F {
    if P.isPixel { return W.Sums(1) }
    return perColumn(W.self, statistics + (3 &* call.pointee.group(of: channel) &+ 2) &* call.pointee.statistics.stride, column)
  }

  @inline(__always) private func perColumn<W: Widening>(_: W.Type, _ row: UnsafePointer<F.Scalar>, _ column: Int) -> W.Sums where W.F == F {
    call.pointee.step == 0 ? W.Sums(Double(row.pointee)) : W.load(row + column)
  }

  @inline(__always) func terms<W: Widening>(_: W.Type, _ center: W.Sums, _ row: Int, _ column: Int) -> (t: W.Sums, d: W.Sums) where W.F == F {
    var t = W.load(v + (row &* call.pointee.v.stride &+ column))
    if let slope { t = t * W.load(slope + (row &* call.pointee.slope.stride &+ column)) }
    let x = W.load(x + (row &* call.pointee.x.stride &+ column))
    if P.isPixel { return (t, x * W.load(statistics + ((row &- channel &* call.pointee.pixels) &* call.pointee.statistics.stride &+ column))) }
    return (t, x - center)
  }
}

/// As `DerivativeTerms`, with t = v⊙σ'(scale·x̂ + shift) for ReLU. The slopes are those of `normalize` to the bit: a chunk's t are computed in the family's own arithmetic, and wait in a room until they are summed.
private struct ReluTerms<F: Family>: SumTerms {
  let terms: DerivativeTerms<F, GroupPlace>
  /// `chunkRows` rows of 16 numbers, or of one.
  let room: UnsafeMutablePointer<F.Scalar>
  private var lanes: Int { terms.call.pointee.columns == 1 ? 1 : 16 }
  private var first: Int { terms.channel &* terms.call.pointee.pixels }

  @inline(__always) init(_ terms: DerivativeTerms<F, GroupPlace>, _ room: UnsafeMutablePointer<F.Scalar>) { (self.terms, self.room) = (terms, room) }

  @inline(__always) func begin(_ row: Int, _ rows: Int, _ column: Int) {
    let c = terms.call
    forEachStrip(
      ReluCotangents<F>(call: c, room: room, pixel: row &- first, column: column, lanes: lanes), channel: terms.channel, from: row &- first, pixels: rows,
      column: column, columns: lanes, isDense: c.pointee.isDense)
  }

  @inline(__always) func center<W: Widening>(_: W.Type, _ row: Int, _ column: Int) -> W.Sums where W.F == F { terms.center(W.self, row, column) }

  @inline(__always) func terms<W: Widening>(_: W.Type, _ center: W.Sums, _ row: Int, _ column: Int) -> (t: W.Sums, d: W.Sums) where W.F == F {
    // Chunks begin at multiples of their length.
    let t = W.load(room + ((row &- first) % chunkRows &* lanes &+ column % 16))
    return (t, W.load(terms.x + (row &* terms.call.pointee.x.stride &+ column)) - center)
  }
}

private struct ReluCotangents<F: Family>: StripWork {
  let call: UnsafePointer<NormalizationCall>
  let room: UnsafeMutablePointer<F.Scalar>
  let pixel: Int
  let column: Int
  let lanes: Int
  @inline(__always) func strip<L: Lanes>(_: L.Type, channel: Int, pixel: Int, count: Int, column: Int, along: Bool) where L.Scalar == F.Scalar {
    let row = channel &* call.pointee.pixels &+ pixel
    let x = StripNumbers<L>(call.pointee.x, row, column, along: along)
    let v = StripNumbers<L>(call.pointee.v, row, column, along: along)
    let line = StripLine<L, GroupPlace>(call, channel: channel, pixel: pixel, column: column, along: along)
    var to = room + ((pixel &- self.pixel) &* lanes &+ (column &- self.column))
    let advance = along ? L.count : lanes
    var i = 0
    while i < count {
      (v.load(i, L(0)) * ReluKernel.valueAndSlope(line.value(x.load(i, L(0)), i)).slope).store(to)
      to += advance
      i &+= 1
    }
  }
}

/// The sums over pixels that the derivatives need, quantum by quantum, group by group, channels ascending. Everything is summed in Double.
///
/// With the activation ReLU its slopes are computed again (`ReluTerms`); otherwise they are the call's.
@inline(__always) func normalizationSums<F: Family, P: StatisticsPlace>(_: F.Type, _: P.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer)
{
  typealias S = F.Scalar
  let c = UnsafePointer(call.assumingMemoryBound(to: NormalizationCall.self))
  guard let v = c.pointee.v.number(S.self, 0, 0), let x = c.pointee.x.number(S.self, 0, 0), let statistics = c.pointee.statistics.number(S.self, 0, 0) else {
    return
  }
  let slope = c.pointee.slope.number(S.self, 0, 0).map { UnsafePointer($0) }
  let (pixels, columns, isDense) = (c.pointee.pixels, c.pointee.columns, c.isDense(P.self))
  let perGroup = c.pointee.channels / c.pointee.groups
  // 16 numbers each: a channel's sums, and its group's.
  let sums = room.assumingMemoryBound(to: Double.self)
  let products = sums + 16
  let groupSums = sums + 32
  let numbers = (room + 64 * 8).assumingMemoryBound(to: S.self)
  var column = 0
  while column < columns {
    var channel = 0
    while channel < c.pointee.channels {
      let terms = DerivativeTerms<F, P>(call: c, v: v, x: x, statistics: statistics, slope: slope, channel: channel)
      if !P.isPixel, c.pointee.activation == reluNumber {
        let grouped = DerivativeTerms<F, GroupPlace>(call: c, v: v, x: x, statistics: statistics, slope: nil, channel: channel)
        imageSums(ReluTerms(grouped, numbers), channel &* pixels, pixels, column, columns, isDense: isDense, sums, products)
      } else {
        imageSums(terms, channel &* pixels, pixels, column, columns, isDense: isDense, sums, products)
      }
      if columns == 1 {
        addToGroup(Alone<F>.self, terms, 0, isFirst: channel % perGroup == 0, sums, products, groupSums)
      } else {
        addToGroup(Eight<F>.self, terms, column, isFirst: channel % perGroup == 0, sums, products, groupSums)
        addToGroup(Eight<F>.self, terms, column &+ 8, isFirst: channel % perGroup == 0, sums + 8, products + 8, groupSums + 8)
      }
      addGradients(F.self, c, channel, column, sums, products)
      channel &+= 1
      if channel % perGroup == 0, !P.isPixel {
        let group = channel / perGroup &- 1
        if columns == 1 {
          storeMeans(Alone<F>.self, c, group, 0, groupSums)
        } else {
          storeMeans(Eight<F>.self, c, group, column, groupSums)
          storeMeans(Eight<F>.self, c, group, column &+ 8, groupSums + 8)
        }
      }
    }
    column &+= 16
  }
}

/// Products become those with x̂; both, times the channel's scale, are added to the group's.
@inline(__always) private func addToGroup<W: Widening, P: StatisticsPlace>(
  _: W.Type, _ terms: DerivativeTerms<W.F, P>, _ column: Int, isFirst: Bool, _ sums: UnsafePointer<Double>, _ products: UnsafeMutablePointer<Double>,
  _ group: UnsafeMutablePointer<Double>
) {
  let c = terms.call
  let product = W.Sums(loading: products) * terms.inverse(W.self, column)
  product.store(products)
  if P.isPixel { return }
  let scale = W.Sums(c.pointee.scale.number(W.F.Scalar.self, terms.channel, 0).map { Double($0.pointee) } ?? 1)
  let zero = W.Sums(0)
  W.Sums.fma(scale, W.Sums(loading: sums), isFirst ? zero : W.Sums(loading: group)).store(group)
  W.Sums.fma(scale, product, isFirst ? zero : W.Sums(loading: group + 16)).store(group + 16)
}

@inline(__always) private func storeMeans<W: Widening>(
  _: W.Type, _ c: UnsafePointer<NormalizationCall>, _ group: Int, _ column: Int, _ sums: UnsafePointer<Double>
) {
  guard let out = c.pointee.sums.number(W.F.Scalar.self, 2 &* group, column) else { return }
  let count = W.Sums(Double(c.pointee.channels / c.pointee.groups &* c.pointee.pixels))
  W.store(W.Sums(loading: sums) / count, out)
  W.store(W.Sums(loading: sums + 16) / count, out + c.pointee.sums.stride)
}

/// The sums over the columns: those of all to the parameters' gradients, those of the valid ones to a slot.
@inline(__always) private func addGradients<F: Family>(
  _: F.Type, _ c: UnsafePointer<NormalizationCall>, _ channel: Int, _ column: Int, _ sums: UnsafePointer<Double>, _ products: UnsafePointer<Double>
) {
  let count = c.pointee.columns == 1 ? 1 : 16
  if let gradient = c.pointee.shiftChange.number(F.Scalar.self, channel, 0) {
    gradient.pointee = F.Scalar(Double(gradient.pointee) + c.pointee.factor * columnSum(sums, count))
  }
  if let gradient = c.pointee.scaleChange.number(F.Scalar.self, channel, 0) {
    gradient.pointee = F.Scalar(Double(gradient.pointee) + c.pointee.factor * columnSum(products, count))
  }
  if let slots = c.pointee.slots {
    let slot = slots + 2 &* (column / 16 &* c.pointee.channels &+ channel)
    let left = c.pointee.samples &- column
    let valid = left < 0 ? 0 : left < count ? left : count
    slot[0] = columnSum(sums, valid)
    slot[1] = columnSum(products, valid)
  }
}

@inline(__always) private func columnSum(_ numbers: UnsafePointer<Double>, _ count: Int) -> Double {
  var sum = 0.0
  var j = 0
  while j < count {
    sum += numbers[j]
    j &+= 1
  }
  return sum
}
