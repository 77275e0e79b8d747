import CKernels

/// statistics = 1/√(Σ_c x² + epsilon), channels ascending in Double.
///
/// - Parameter room: 16 KB.
@inline(__always) func pixelStatistics<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: NormalizationCall.self))
  forEachCells(PixelSquares<F>(call: c, sums: room.assumingMemoryBound(to: Double.self)), c)
}

/// sums = Σ_c scale⊙v⊙slope⊙x̂, channels ascending in Double.
///
/// - Parameter room: 16 KB.
@inline(__always) func pixelSums<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: NormalizationCall.self))
  forEachCells(PixelProducts<F>(call: c, sums: room.assumingMemoryBound(to: Double.self)), c)
}

/// Sums over channels, of a chunk of pixels at a time. A chunk's sums stay in the room while channel after channel is added, because the numbers of one pixel lie far apart.
private protocol PixelWork {
  associatedtype F: Family
  /// Adds the channel's number of each cell, the first channel's to 0. A cell is what W takes: columns of a pixel or, of one sample, neighboring pixels.
  func add<W: Widening>(_: W.Type, channel: Int, pixel: Int, column: Int, cell: Int) where W.F == F
  func finish<W: Widening>(_: W.Type, pixel: Int, column: Int, cell: Int) where W.F == F
}

@inline(__always) private func forEachCells<T: PixelWork>(_ work: T, _ c: UnsafePointer<NormalizationCall>) {
  let (pixels, columns, isDense) = (c.pointee.pixels, c.pointee.columns, c.isDense(PixelPlace.self))
  let lanes = columns == 1 ? 1 : 16
  // 1024 sums at a time.
  let most = 1024 / lanes
  var pixel = 0
  while pixel < pixels {
    let count = pixels &- pixel < most ? pixels &- pixel : most
    var column = 0
    while column < columns {
      var channel = 0
      while channel <= c.pointee.channels {
        let isLast = channel == c.pointee.channels
        var i = 0
        if lanes == 16 {
          while i < count {
            let cell = i &* 16
            if isLast {
              work.finish(Eight<T.F>.self, pixel: pixel &+ i, column: column, cell: cell)
              work.finish(Eight<T.F>.self, pixel: pixel &+ i, column: column &+ 8, cell: cell &+ 8)
            } else {
              work.add(Eight<T.F>.self, channel: channel, pixel: pixel &+ i, column: column, cell: cell)
              work.add(Eight<T.F>.self, channel: channel, pixel: pixel &+ i, column: column &+ 8, cell: cell &+ 8)
            }
            i &+= 1
          }
        } else {
          while isDense, i &+ 8 <= count {
            if isLast {
              work.finish(Eight<T.F>.self, pixel: pixel &+ i, column: 0, cell: i)
            } else {
              work.add(Eight<T.F>.self, channel: channel, pixel: pixel &+ i, column: 0, cell: i)
            }
            i &+= 8
          }
          while i < count {
            if isLast {
              work.finish(Alone<T.F>.self, pixel: pixel &+ i, column: 0, cell: i)
            } else {
              work.add(Alone<T.F>.self, channel: channel, pixel: pixel &+ i, column: 0, cell: i)
            }
            i &+= 1
          }
        }
        channel &+= 1
      }
      column &+= lanes
    }
    pixel &+= count
  }
}

private struct PixelSquares<F: Family>: PixelWork {
  let call: UnsafePointer<NormalizationCall>
  let sums: UnsafeMutablePointer<Double>
  @inline(__always) func add<W: Widening>(_: W.Type, channel: Int, pixel: Int, column: Int, cell: Int) where W.F == F {
    guard let memory = call.pointee.x.number(F.Scalar.self, channel &* call.pointee.pixels &+ pixel, column) else { return }
    let x = W.load(memory)
    W.Sums.fma(x, x, channel == 0 ? W.Sums(0) : W.Sums(loading: sums + cell)).store(sums + cell)
  }
  @inline(__always) func finish<W: Widening>(_: W.Type, pixel: Int, column: Int, cell: Int) where W.F == F {
    guard let out = call.pointee.statistics.number(F.Scalar.self, pixel, column) else { return }
    W.store(W.Sums(1) / (W.Sums(loading: sums + cell) + W.Sums(call.pointee.epsilon)).squareRoot, out)
  }
}

private struct PixelProducts<F: Family>: PixelWork {
  let call: UnsafePointer<NormalizationCall>
  let sums: UnsafeMutablePointer<Double>
  @inline(__always) func add<W: Widening>(_: W.Type, channel: Int, pixel: Int, column: Int, cell: Int) where W.F == F {
    let row = channel &* call.pointee.pixels &+ pixel
    guard let x = call.pointee.x.number(F.Scalar.self, row, column), let v = call.pointee.v.number(F.Scalar.self, row, column) else { return }
    let scale = call.pointee.scale.number(F.Scalar.self, channel, 0).map { Double($0.pointee) } ?? 1
    var g = W.Sums(scale) * W.load(v)
    if let slope = call.pointee.slope.number(F.Scalar.self, row, column) { g = g * W.load(slope) }
    W.Sums.fma(g, W.load(x), channel == 0 ? W.Sums(0) : W.Sums(loading: sums + cell)).store(sums + cell)
  }
  @inline(__always) func finish<W: Widening>(_: W.Type, pixel: Int, column: Int, cell: Int) where W.F == F {
    guard let out = call.pointee.sums.number(F.Scalar.self, pixel, column), let inverse = call.pointee.statistics.number(F.Scalar.self, pixel, column) else {
      return
    }
    W.store(W.Sums(loading: sums + cell) * W.load(inverse), out)
  }
}
