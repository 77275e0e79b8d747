import CKernels

/// The number of ReLU in `withActivation`.
@inline(__always) var reluNumber: Int32 { 2 }

/// out = base + factor·σ(scale·x̂ + shift), slope = σ'(…).
///
/// - Parameter room: for 1024 numbers.
@inline(__always) func normalize<F: Family, P: StatisticsPlace>(_: F.Type, _: P.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: NormalizationCall.self))
  switch c.pointee.activation {
  case 0: normalized(F.self, P.self, IdentityKernel.self, c)
  case reluNumber: normalized(F.self, P.self, ReluKernel.self, c)
  default: activated(F.self, P.self, c, room.assumingMemoryBound(to: F.Scalar.self))
  }
}

/// Activations that cost next to nothing: in the same registers.
@inline(__always) private func normalized<F: Family, P: StatisticsPlace, A: ActivationKernel>(
  _: F.Type, _: P.Type, _: A.Type, _ c: UnsafePointer<NormalizationCall>
) {
  forEachStrip(
    NormalizedStrips<F, P, A>(call: c), channels: c.pointee.channels, pixels: c.pointee.pixels, columns: c.pointee.columns, isDense: c.isDense(P.self))
}

private struct NormalizedStrips<F: Family, P: StatisticsPlace, A: ActivationKernel>: StripWork {
  let call: UnsafePointer<NormalizationCall>
  @inline(__always) func strip<L: Lanes>(_: L.Type, channel: Int, pixel: Int, count: Int, column: Int, along: Bool) where L.Scalar == F.Scalar {
    let row = channel &* call.pointee.pixels &+ pixel
    let x = StripNumbers<L>(call.pointee.x, row, column, along: along)
    let base = StripNumbers<L>(call.pointee.base, row, column, along: along)
    let out = StripNumbers<L>(call.pointee.out, row, column, along: along)
    let slope = StripNumbers<L>(call.pointee.slope, row, column, along: along)
    let line = StripLine<L, P>(call, channel: channel, pixel: pixel, column: column, along: along)
    let factor = L(L.Scalar(call.pointee.factor))
    var i = 0
    while i < count {
      let (value, derivative) = A.valueAndSlope(line.value(x.load(i, L(0)), i))
      let sum = L.fma(factor, value, base.load(i, L(0)))
      slope.store(derivative, i)
      out.store(sum, i)
      i &+= 1
    }
  }
}

/// scale·x̂ + shift.
struct StripLine<L: Lanes, P: StatisticsPlace> {
  let statistics: StripStatistics<L, P>
  let scale: L
  let shift: L
  /// scale/σ of a group.
  let steepness: L

  @inline(__always) init(_ c: UnsafePointer<NormalizationCall>, channel: Int, pixel: Int, column: Int, along: Bool) {
    statistics = StripStatistics(c, channel: channel, pixel: pixel, column: column, along: along)
    scale = c.pointee.scale.ofChannel(L.self, channel, 1)
    shift = c.pointee.shift.ofChannel(L.self, channel, 0)
    steepness = P.isPixel ? scale : scale * statistics.inverse(0)
  }

  @inline(__always) func value(_ x: L, _ i: Int) -> L {
    L.fma(P.isPixel ? scale * statistics.inverse(i) : steepness, statistics.centered(x), shift)
  }
}

/// σ' at the numbers of a strip: the call's slopes, or those of ReLU, computed again with the bits of `normalize`.
private struct StripSlopes<L: Lanes, P: StatisticsPlace> {
  private let given: StripNumbers<L>
  private let line: StripLine<L, P>
  private let isRelu: Bool

  @inline(__always) init(_ c: UnsafePointer<NormalizationCall>, channel: Int, pixel: Int, row: Int, column: Int, along: Bool) {
    given = StripNumbers(c.pointee.slope, row, column, along: along)
    line = StripLine(c, channel: channel, pixel: pixel, column: column, along: along)
    isRelu = c.pointee.activation == reluNumber
  }

  @inline(__always) func slope(_ x: L, _ i: Int) -> L { isRelu ? ReluKernel.valueAndSlope(line.value(x, i)).slope : given.load(i, L(1)) }
}

/// Other activations: scale·x̂ + shift goes to the room, and the activation's one body takes it from there.
@inline(__always) private func activated<F: Family, P: StatisticsPlace>(
  _: F.Type, _: P.Type, _ c: UnsafePointer<NormalizationCall>, _ room: UnsafeMutablePointer<F.Scalar>
) {
  let (pixels, columns, isDense) = (c.pointee.pixels, c.pointee.columns, c.isDense(P.self))
  let lanes = columns == 1 ? 1 : 16
  let most = 1024 / lanes
  var channel = 0
  while channel < c.pointee.channels {
    var pixel = 0
    while pixel < pixels {
      let count = pixels &- pixel < most ? pixels &- pixel : most
      var column = 0
      while column < columns {
        let strips = RoomStrips<F, P>(call: c, room: room, pixel: pixel, column: column, lanes: lanes)
        forEachStrip(strips, channel: channel, from: pixel, pixels: count, column: column, columns: lanes, isDense: isDense)
        withActivation(
          c.pointee.activation, RoomActivation<F>(call: c, room: room, row: channel &* pixels &+ pixel, column: column, count: count, lanes: lanes))
        column &+= lanes
      }
      pixel &+= count
    }
    channel &+= 1
  }
}

private struct RoomStrips<F: Family, P: StatisticsPlace>: StripWork {
  let call: UnsafePointer<NormalizationCall>
  let room: UnsafeMutablePointer<F.Scalar>
  let pixel: Int
  let column: Int
  let lanes: Int
  @inline(__always) func strip<L: Lanes>(_: L.Type, channel: Int, pixel: Int, count: Int, column: Int, along: Bool) where L.Scalar == F.Scalar {
    let x = StripNumbers<L>(call.pointee.x, channel &* call.pointee.pixels &+ pixel, column, along: along)
    let line = StripLine<L, P>(call, channel: channel, pixel: pixel, column: column, along: along)
    var to = room + ((pixel &- self.pixel) &* lanes &+ (column &- self.column))
    let advance = along ? L.count : lanes
    var i = 0
    while i < count {
      line.value(x.load(i, L(0)), i).store(to)
      to += advance
      i &+= 1
    }
  }
}

private struct RoomActivation<F: Family>: ActivationWork {
  let call: UnsafePointer<NormalizationCall>
  let room: UnsafeMutablePointer<F.Scalar>
  let row: Int
  let column: Int
  let count: Int
  let lanes: Int
  @inline(__always) func run<A: ActivationKernel>(_: A.Type) {
    let c = call.pointee
    func follows(_ operand: Operand) -> Bool { operand.base == nil || operand.stride == lanes }
    let isOne = follows(c.out) && follows(c.base) && follows(c.slope)
    var i = 0
    while i < count {
      guard let out = c.out.number(F.Scalar.self, row &+ i, column) else { return }
      activateRow(
        F.self, A.self, room + i &* lanes, c.factor, c.base.number(F.Scalar.self, row &+ i, column).map { UnsafePointer($0) }, out,
        c.slope.number(F.Scalar.self, row &+ i, column),
        isOne ? count &* lanes : lanes)
      if isOne { return }
      i &+= 1
    }
  }
}

/// out = base + factor·slope⊙(scale/σ·(v − sums₁ − x̂·sums₂) + scaleChange·x̂ + shiftChange); without v its part is left out.
@inline(__always) func normalizationTangent<F: Family, P: StatisticsPlace>(_: F.Type, _: P.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: NormalizationCall.self))
  forEachStrip(TangentStrips<F, P>(call: c), channels: c.pointee.channels, pixels: c.pointee.pixels, columns: c.pointee.columns, isDense: c.isDense(P.self))
}

private struct TangentStrips<F: Family, P: StatisticsPlace>: StripWork {
  let call: UnsafePointer<NormalizationCall>
  @inline(__always) func strip<L: Lanes>(_: L.Type, channel: Int, pixel: Int, count: Int, column: Int, along: Bool) where L.Scalar == F.Scalar {
    let row = channel &* call.pointee.pixels &+ pixel
    let x = StripNumbers<L>(call.pointee.x, row, column, along: along)
    let v = StripNumbers<L>(call.pointee.v, row, column, along: along)
    let base = StripNumbers<L>(call.pointee.base, row, column, along: along)
    let out = StripNumbers<L>(call.pointee.out, row, column, along: along)
    let slopes = StripSlopes<L, P>(call, channel: channel, pixel: pixel, row: row, column: column, along: along)
    let statistics = StripStatistics<L, P>(call, channel: channel, pixel: pixel, column: column, along: along)
    let scale = call.pointee.scale.ofChannel(L.self, channel, 1)
    let scaleChange = call.pointee.scaleChange.ofChannel(L.self, channel, 0)
    let shiftChange = call.pointee.shiftChange.ofChannel(L.self, channel, 0)
    let factor = L(L.Scalar(call.pointee.factor))
    let hasTangent = v.base != nil
    var i = 0
    while i < count {
      let inverse = statistics.inverse(i)
      let number = x.load(i, L(0))
      let normalized = statistics.centered(number) * inverse
      var change = L.fma(scaleChange, normalized, shiftChange)
      if hasTangent { change = L.fma(scale * inverse, statistics.projected(v.load(i, L(0)), normalized, i), change) }
      out.store(L.fma(factor * slopes.slope(number, i), change, base.load(i, L(0))), i)
      i &+= 1
    }
  }
}

/// out = base + factor/σ·(scale⊙v⊙slope − sums₁ − x̂·sums₂).
@inline(__always) func normalizationPullback<F: Family, P: StatisticsPlace>(_: F.Type, _: P.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: NormalizationCall.self))
  forEachStrip(PullbackStrips<F, P>(call: c), channels: c.pointee.channels, pixels: c.pointee.pixels, columns: c.pointee.columns, isDense: c.isDense(P.self))
}

private struct PullbackStrips<F: Family, P: StatisticsPlace>: StripWork {
  let call: UnsafePointer<NormalizationCall>
  @inline(__always) func strip<L: Lanes>(_: L.Type, channel: Int, pixel: Int, count: Int, column: Int, along: Bool) where L.Scalar == F.Scalar {
    let row = channel &* call.pointee.pixels &+ pixel
    let x = StripNumbers<L>(call.pointee.x, row, column, along: along)
    let v = StripNumbers<L>(call.pointee.v, row, column, along: along)
    let base = StripNumbers<L>(call.pointee.base, row, column, along: along)
    let out = StripNumbers<L>(call.pointee.out, row, column, along: along)
    let slopes = StripSlopes<L, P>(call, channel: channel, pixel: pixel, row: row, column: column, along: along)
    let statistics = StripStatistics<L, P>(call, channel: channel, pixel: pixel, column: column, along: along)
    let scale = call.pointee.scale.ofChannel(L.self, channel, 1)
    let factor = L(L.Scalar(call.pointee.factor))
    var i = 0
    while i < count {
      let inverse = statistics.inverse(i)
      let number = x.load(i, L(0))
      let normalized = statistics.centered(number) * inverse
      let cotangent = scale * (v.load(i, L(0)) * slopes.slope(number, i))
      out.store(L.fma(factor * inverse, statistics.projected(cotangent, normalized, i), base.load(i, L(0))), i)
      i &+= 1
    }
  }
}
