import CKernels

extension PoolingAxis {
  /// The first pixel of a window, and the one behind its last, in the image.
  @inline(__always) func first(_ window: Int) -> Int {
    let start = window &* stride &- before
    return start < 0 ? 0 : start
  }
  @inline(__always) func end(_ window: Int) -> Int {
    let end = window &* stride &- before &+ self.window
    return end > input ? input : end
  }
}

/// The windows that hold a pixel, as pixels are visited one after the other. Each step begins and ends at most one window, so nothing is searched.
struct CoveringWindows {
  private(set) var first = 0
  private(set) var end: Int
  /// Where window `end` begins, and where window `first` ends.
  private var nextStart: Int
  private var firstEnd: Int

  /// Those of pixel 0.
  @inline(__always) init(_ axis: PoolingAxis) {
    let begun = axis.before / axis.stride &+ 1
    end = begun < axis.output ? begun : axis.output
    nextStart = end &* axis.stride &- axis.before
    firstEnd = axis.window &- axis.before
  }

  @inline(__always) mutating func move(to pixel: Int, _ axis: PoolingAxis) {
    if end < axis.output, nextStart <= pixel {
      end &+= 1
      nextStart &+= axis.stride
    }
    if first < end, firstEnd <= pixel {
      first &+= 1
      firstEnd &+= axis.stride
    }
  }
}

/// Work on one pixel of a result, at the columns of one register or vector of Doubles.
protocol PixelPoolWork {
  associatedtype F: Family
  /// `vertical` and `horizontal` are ranges: of pixels for a window's result, of windows for a pixel's.
  mutating func work(_ c: PoolingCall, channel: Int, row: Int, pixel: Int, vertical: (Int, Int), horizontal: (Int, Int))
}

/// Calls `work` for every window, row-major in every channel, with the pixels that it covers.
@inline(__always) func forEachWindow<W: PixelPoolWork>(_ work: W, _ call: UnsafeMutableRawPointer) {
  // A copy, which no store of a result can change.
  let c = call.assumingMemoryBound(to: PoolingCall.self).pointee
  let (vertical, horizontal) = (c.vertical, c.horizontal)
  var work = work
  var channel = 0
  while channel < c.channels {
    var y = 0
    while y < vertical.output {
      let rows = (vertical.first(y), vertical.end(y))
      var x = 0
      while x < horizontal.output {
        work.work(c, channel: channel, row: y, pixel: x, vertical: rows, horizontal: (horizontal.first(x), horizontal.end(x)))
        x &+= 1
      }
      y &+= 1
    }
    channel &+= 1
  }
}

/// Calls `work` for every pixel of the image, row-major in every channel, with the windows that hold it.
@inline(__always) func forEachPixel<W: PixelPoolWork>(_ work: W, _ call: UnsafeMutableRawPointer) {
  // A copy, which no store of a result can change.
  let c = call.assumingMemoryBound(to: PoolingCall.self).pointee
  let (vertical, horizontal) = (c.vertical, c.horizontal)
  var work = work
  var channel = 0
  while channel < c.channels {
    var rows = CoveringWindows(vertical)
    var y = 0
    while y < vertical.input {
      rows.move(to: y, vertical)
      var columns = CoveringWindows(horizontal)
      var x = 0
      while x < horizontal.input {
        columns.move(to: x, horizontal)
        work.work(c, channel: channel, row: y, pixel: x, vertical: (rows.first, rows.end), horizontal: (columns.first, columns.end))
        x &+= 1
      }
      y &+= 1
    }
    channel &+= 1
  }
}

/// Each window's mean, summed row-major in Double.
@inline(__always) func averagePool<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  forEachWindow(AverageWork<F>(), call)
}

/// Each pixel's sum of its windows' numbers, every one divided by the pixels of the window; row-major in Double.
@inline(__always) func averagePoolTransposed<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  forEachPixel(AverageTransposedWork<F>(), call)
}

/// 1/n, divided again only when n changes.
private struct Reciprocal {
  private var count = 1
  private var value = 1.0
  @inline(__always) mutating func of(_ n: Int) -> Double {
    if n != count { (count, value) = (n, 1 / Double(n)) }
    return value
  }
}

private struct AverageWork<F: Family>: PixelPoolWork {
  private var reciprocal = Reciprocal()
  @inline(__always) mutating func work(_ c: PoolingCall, channel: Int, row: Int, pixel: Int, vertical: (Int, Int), horizontal: (Int, Int)) {
    let factor = c.scale * reciprocal.of((vertical.1 &- vertical.0) &* (horizontal.1 &- horizontal.0))
    let out = (channel &* c.vertical.output &+ row) &* c.horizontal.output &+ pixel
    if c.columns == 1 { return average(Alone<F>.self, c, channel, vertical, horizontal, factor, out, 0) }
    var column = 0
    while column < c.columns {
      average(Sixteen<F>.self, c, channel, vertical, horizontal, factor, out, column)
      column &+= 16
    }
  }

  @inline(__always) private func average<W: Widening>(
    _: W.Type, _ c: PoolingCall, _ channel: Int, _ vertical: (Int, Int), _ horizontal: (Int, Int), _ factor: Double, _ out: Int, _ column: Int
  ) where W.F == F {
    var sum = W.Sums(0)
    var y = vertical.0
    while y < vertical.1 {
      let row = (channel &* c.vertical.input &+ y) &* c.horizontal.input
      guard var from = c.x.number(F.Scalar.self, row &+ horizontal.0, column) else { return }
      var x = horizontal.0
      while x < horizontal.1 {
        sum = sum + W.load(from)
        from += c.x.stride
        x &+= 1
      }
      y &+= 1
    }
    storePooled(W.self, c.base, c.out, W.Sums(factor), sum, out, column)
  }
}

private struct AverageTransposedWork<F: Family>: PixelPoolWork {
  private var reciprocal = Reciprocal()
  @inline(__always) mutating func work(_ c: PoolingCall, channel: Int, row: Int, pixel: Int, vertical: (Int, Int), horizontal: (Int, Int)) {
    let out = (channel &* c.vertical.input &+ row) &* c.horizontal.input &+ pixel
    if c.columns == 1 { return spread(Alone<F>.self, c, channel, vertical, horizontal, out, 0) }
    var column = 0
    while column < c.columns {
      spread(Sixteen<F>.self, c, channel, vertical, horizontal, out, column)
      column &+= 16
    }
  }

  @inline(__always) private mutating func spread<W: Widening>(
    _: W.Type, _ c: PoolingCall, _ channel: Int, _ vertical: (Int, Int), _ horizontal: (Int, Int), _ out: Int, _ column: Int
  ) where W.F == F {
    var sum = W.Sums(0)
    var y = vertical.0
    while y < vertical.1 {
      let height = c.vertical.end(y) &- c.vertical.first(y)
      let row = (channel &* c.vertical.output &+ y) &* c.horizontal.output
      var x = horizontal.0
      while x < horizontal.1 {
        let width = c.horizontal.end(x) &- c.horizontal.first(x)
        guard let from = c.x.number(F.Scalar.self, row &+ x, column) else { return }
        sum = W.Sums.fma(W.Sums(reciprocal.of(height &* width)), W.load(from), sum)
        x &+= 1
      }
      y &+= 1
    }
    storePooled(W.self, c.base, c.out, W.Sums(c.scale), sum, out, column)
  }
}

/// out = base + factor·sum, with one rounding to the block's precision.
@inline(__always) private func storePooled<W: Widening>(_: W.Type, _ base: Operand, _ out: Operand, _ factor: W.Sums, _ sum: W.Sums, _ row: Int, _ column: Int)
{
  guard let to = out.number(W.F.Scalar.self, row, column) else { return }
  let start = base.number(W.F.Scalar.self, row, column).map { W.load($0) } ?? W.Sums(0)
  W.store(W.Sums.fma(factor, sum, start), to)
}

/// Terms of Σx.
private struct PlainTerms<F: Family>: SumTerms {
  let x: UnsafePointer<F.Scalar>
  let stride: Int
  @inline(__always) func center<W: Widening>(_: W.Type, _ row: Int, _ column: Int) -> W.Sums where W.F == F { W.Sums(0) }
  @inline(__always) func terms<W: Widening>(_: W.Type, _ center: W.Sums, _ row: Int, _ column: Int) -> (t: W.Sums, d: W.Sums) where W.F == F {
    (W.load(x + (row &* stride &+ column)), center)
  }
}

/// out[c] = base[c] + scale·Σ of the pixels, in Double.
@inline(__always) func channelSums<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: ChannelSumCall.self))
  guard let x = c.pointee.x.number(F.Scalar.self, 0, 0) else { return }
  let terms = PlainTerms<F>(x: x, stride: c.pointee.x.stride)
  let sums = room.assumingMemoryBound(to: Double.self)
  let factor = c.pointee.scale
  var channel = 0
  while channel < c.pointee.channels {
    var column = 0
    while column < c.pointee.columns {
      imageSums(terms, channel &* c.pointee.pixels, c.pointee.pixels, column, c.pointee.columns, isDense: c.pointee.x.isDense, sums, sums + 16)
      if c.pointee.columns == 1 {
        storePooled(Alone<F>.self, c.pointee.base, c.pointee.out, Alone<F>.Sums(factor), Alone<F>.Sums(loading: sums), channel, 0)
      } else {
        storePooled(Eight<F>.self, c.pointee.base, c.pointee.out, EightDoubles(factor), EightDoubles(loading: sums), channel, column)
        storePooled(Eight<F>.self, c.pointee.base, c.pointee.out, EightDoubles(factor), EightDoubles(loading: sums + 8), channel, column &+ 8)
      }
      column &+= 16
    }
    channel &+= 1
  }
}

/// out[c, i] = base[c, i] + scale·x[c].
@inline(__always) func channelSumsTransposed<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: ChannelSumCall.self))
  forEachStrip(
    SpreadStrips<F>(call: c), channels: c.pointee.channels, pixels: c.pointee.pixels, columns: c.pointee.columns,
    isDense: c.pointee.base.isDense && c.pointee.out.isDense)
}

private struct SpreadStrips<F: Family>: StripWork {
  let call: UnsafePointer<ChannelSumCall>
  @inline(__always) func strip<L: Lanes>(_: L.Type, channel: Int, pixel: Int, count: Int, column: Int, along: Bool) where L.Scalar == F.Scalar {
    let row = channel &* call.pointee.pixels &+ pixel
    let base = StripNumbers<L>(call.pointee.base, row, column, along: along)
    let out = StripNumbers<L>(call.pointee.out, row, column, along: along)
    guard let x = call.pointee.x.number(F.Scalar.self, channel, column) else { return }
    let (value, factor) = (along ? L(x.pointee) : L(loading: x), L(L.Scalar(call.pointee.scale)))
    var i = 0
    while i < count {
      out.store(L.fma(factor, value, base.load(i, L(0))), i)
      i &+= 1
    }
  }
}
