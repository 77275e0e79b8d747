import CKernels

/// out = base + scale·(the largest number of each window), record = its place in the window. Of equal numbers the first in row-major order counts; a number that is not finite makes the result so.
@inline(__always) func maxPool<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  forEachWindow(MaximumWork<F>(), call)
}

/// out = base + scale·(x at the place that the record names).
@inline(__always) func maxPoolTangent<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  forEachWindow(ChosenWork<F>(), call)
}

/// out = base + scale·Σ of the windows whose maximum the pixel was, row-major.
@inline(__always) func maxPoolTransposed<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  forEachPixel(ChosenTransposedWork<F>(), call)
}

/// The first place of a window in the image, counted as if all its pixels were there.
@inline(__always) private func place(_ c: PoolingCall, row: Int, pixel: Int, y: Int, x: Int) -> Int {
  let (vertical, horizontal) = (c.vertical, c.horizontal)
  return (y &- (row &* vertical.stride &- vertical.before)) &* horizontal.window &+ x &- (pixel &* horizontal.stride &- horizontal.before)
}

private struct MaximumWork<F: Family>: PixelPoolWork {
  @inline(__always) mutating func work(_ c: PoolingCall, channel: Int, row: Int, pixel: Int, vertical: (Int, Int), horizontal: (Int, Int)) {
    if c.columns == 1 { return largest(F.One.self, c, channel, row, pixel, vertical, horizontal, 0) }
    var column = 0
    while column < c.columns {
      largest(F.Quantum.self, c, channel, row, pixel, vertical, horizontal, column)
      column &+= F.Quantum.count
    }
  }

  @inline(__always) private func largest<L: Lanes>(
    _: L.Type, _ c: PoolingCall, _ channel: Int, _ row: Int, _ pixel: Int, _ vertical: (Int, Int), _ horizontal: (Int, Int), _ column: Int
  ) where L.Scalar == F.Scalar {
    let image = channel &* c.vertical.input
    let out = (channel &* c.vertical.output &+ row) &* c.horizontal.output &+ pixel
    guard let first = c.x.number(F.Scalar.self, (image &+ vertical.0) &* c.horizontal.input &+ horizontal.0, column),
      let result = c.out.number(F.Scalar.self, out, column), let record = c.record.number(F.Scalar.self, out, column)
    else { return }
    var best = L(loading: first)
    var index = L(F.Scalar(place(c, row: row, pixel: pixel, y: vertical.0, x: horizontal.0)))
    // 0, or NaN if a number is not finite: comparisons alone could pass over it.
    var excess = L(0)
    var y = vertical.0
    while y < vertical.1 {
      guard var from = c.x.number(F.Scalar.self, (image &+ y) &* c.horizontal.input &+ horizontal.0, column) else { return }
      var number = place(c, row: row, pixel: pixel, y: y, x: horizontal.0)
      var x = horizontal.0
      while x < horizontal.1 {
        let next = L(loading: from)
        index = L.choose(L(F.Scalar(number)), index, whereLess: best, than: next)
        best = L.choose(next, best, whereLess: best, than: next)
        excess = L.fma(L(0), next, excess)
        from += c.x.stride
        number &+= 1
        x &+= 1
      }
      y &+= 1
    }
    let base = c.base.number(F.Scalar.self, out, column).map { L(loading: $0) } ?? L(0)
    index.store(record)
    L.fma(L(F.Scalar(c.scale)), best + excess, base).store(result)
  }
}

private struct ChosenWork<F: Family>: PixelPoolWork {
  @inline(__always) mutating func work(_ c: PoolingCall, channel: Int, row: Int, pixel: Int, vertical: (Int, Int), horizontal: (Int, Int)) {
    if c.columns == 1 { return chosen(F.One.self, c, channel, row, pixel, vertical, horizontal, 0) }
    var column = 0
    while column < c.columns {
      chosen(F.Quantum.self, c, channel, row, pixel, vertical, horizontal, column)
      column &+= F.Quantum.count
    }
  }

  @inline(__always) private func chosen<L: Lanes>(
    _: L.Type, _ c: PoolingCall, _ channel: Int, _ row: Int, _ pixel: Int, _ vertical: (Int, Int), _ horizontal: (Int, Int), _ column: Int
  ) where L.Scalar == F.Scalar {
    let out = (channel &* c.vertical.output &+ row) &* c.horizontal.output &+ pixel
    guard let result = c.out.number(F.Scalar.self, out, column), let record = c.record.number(F.Scalar.self, out, column) else { return }
    let index = L(loading: record)
    var value = L(0)
    var y = vertical.0
    while y < vertical.1 {
      let first = (channel &* c.vertical.input &+ y) &* c.horizontal.input &+ horizontal.0
      guard var from = c.x.number(F.Scalar.self, first, column) else { return }
      var number = place(c, row: row, pixel: pixel, y: y, x: horizontal.0)
      var x = horizontal.0
      while x < horizontal.1 {
        value = L.choose(L(loading: from), value, whereLess: (index - L(F.Scalar(number))).magnitude, than: L(0.5))
        from += c.x.stride
        number &+= 1
        x &+= 1
      }
      y &+= 1
    }
    let base = c.base.number(F.Scalar.self, out, column).map { L(loading: $0) } ?? L(0)
    L.fma(L(F.Scalar(c.scale)), value, base).store(result)
  }
}

private struct ChosenTransposedWork<F: Family>: PixelPoolWork {
  @inline(__always) mutating func work(_ c: PoolingCall, channel: Int, row: Int, pixel: Int, vertical: (Int, Int), horizontal: (Int, Int)) {
    if c.columns == 1 { return sum(F.One.self, c, channel, row, pixel, vertical, horizontal, 0) }
    var column = 0
    while column < c.columns {
      sum(F.Quantum.self, c, channel, row, pixel, vertical, horizontal, column)
      column &+= F.Quantum.count
    }
  }

  @inline(__always) private func sum<L: Lanes>(
    _: L.Type, _ c: PoolingCall, _ channel: Int, _ row: Int, _ pixel: Int, _ vertical: (Int, Int), _ horizontal: (Int, Int), _ column: Int
  ) where L.Scalar == F.Scalar {
    let out = (channel &* c.vertical.input &+ row) &* c.horizontal.input &+ pixel
    guard let result = c.out.number(F.Scalar.self, out, column) else { return }
    var sum = L(0)
    var y = vertical.0
    while y < vertical.1 {
      let windows = (channel &* c.vertical.output &+ y) &* c.horizontal.output
      var x = horizontal.0
      while x < horizontal.1 {
        guard let from = c.x.number(F.Scalar.self, windows &+ x, column), let record = c.record.number(F.Scalar.self, windows &+ x, column) else { return }
        let number = L(F.Scalar(place(c, row: y, pixel: x, y: row, x: pixel)))
        sum = sum + L.choose(L(loading: from), L(0), whereLess: (L(loading: record) - number).magnitude, than: L(0.5))
        x &+= 1
      }
      y &+= 1
    }
    let base = c.base.number(F.Scalar.self, out, column).map { L(loading: $0) } ?? L(0)
    L.fma(L(F.Scalar(c.scale)), sum, base).store(result)
  }
}
