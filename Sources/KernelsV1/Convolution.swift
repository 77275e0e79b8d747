import CKernels

/// A convolution on a tile of samples: every tap adds a weight times neighboring numbers of the plane, k ascending from the bias, so that a number's bits depend on its own operands alone.
///
/// A register tile holds up to four outputs × a run of a grid row. All blocks of outputs use a run's inputs while they are in the first-level cache.
///
/// - Parameter room: 4 KB.
@inline(__always) func convolveTile<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: ConvolutionCall.self))
  forEachBlocks(c) { group, first, outputs, blocks in
    let work = Segment<F>(call: c, group: group, first: first, blocks: blocks, room: room.assumingMemoryBound(to: F.Scalar.self))
    switch outputs {
    case 4: rows(FourOutputSizes<F.Wide>.self, work)
    case 3: rows(ThreeOutputSizes<F.Wide>.self, work)
    case 2: rows(TwoOutputSizes<F.Wide>.self, work)
    default: rows(OneOutputSizes<F.Wide>.self, work)
    }
  }
}

/// A convolution of one sample, with the bits of the tile: lanes are neighboring positions. The grid's rows are taken as one array as long as the plane's rows; what is computed between them is dropped.
@inline(__always) func convolveOne<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: ConvolutionCall.self))
  guard let sums = c.pointee.sums?.assumingMemoryBound(to: F.Scalar.self) else { return }
  forEachBlocks(c) { group, first, outputs, blocks in
    let work = Segment<F>(call: c, group: group, first: first, blocks: blocks, room: sums)
    switch outputs {
    case 4: positions(FourOutputSizes<F.Wide>.self, work)
    case 3: positions(ThreeOutputSizes<F.Wide>.self, work)
    case 2: positions(TwoOutputSizes<F.Wide>.self, work)
    default: positions(OneOutputSizes<F.Wide>.self, work)
    }
    finishPositions(work, outputs &* blocks)
  }
}

/// Consecutive blocks of one size, within one group.
private struct Segment<F: Family> {
  let call: UnsafePointer<ConvolutionCall>
  let group: Int
  /// The group's first output in these blocks.
  let first: Int
  let blocks: Int
  let room: UnsafeMutablePointer<F.Scalar>

  @inline(__always) var weights: UnsafePointer<F.Scalar> {
    call.pointee.weights.assumingMemoryBound(to: F.Scalar.self) + (group &* call.pointee.outputs &+ first) &* call.pointee.tapCount
  }
  @inline(__always) var plane: UnsafePointer<F.Scalar> {
    call.pointee.plane.assumingMemoryBound(to: F.Scalar.self) + (group &* call.pointee.groupAdvance &+ call.pointee.start)
  }
  /// The number of the first output among those of all groups.
  @inline(__always) var channel: Int { group &* call.pointee.outputs &+ first }
  @inline(__always) var bias: UnsafePointer<F.Scalar>? {
    call.pointee.result.bias.map { $0.assumingMemoryBound(to: F.Scalar.self) + channel &* call.pointee.result.biasStride }
  }
}

@inline(__always) private func forEachBlocks(_ c: UnsafePointer<ConvolutionCall>, _ body: (_ group: Int, _ first: Int, _ outputs: Int, _ blocks: Int) -> Void) {
  var group = 0
  while group < c.pointee.groups {
    var first = 0
    while first < c.pointee.outputs {
      let size = ConvolutionBlocks.outputs(c.pointee.outputs &- first)
      var blocks = 1
      while first &+ blocks &* size < c.pointee.outputs, ConvolutionBlocks.outputs(c.pointee.outputs &- first &- blocks &* size) == size { blocks &+= 1 }
      body(group, first, size, blocks)
      first &+= blocks &* size
    }
    group &+= 1
  }
}

@inline(__always) private func rows<F: Family, Sizes: TileSizes>(_: Sizes.Type, _ s: Segment<F>) where Sizes.Vector == F.Wide {
  let c = s.call
  let length = c.pointee.width &* c.pointee.result.lanes
  var x = s.plane
  var pixel = c.pointee.pixel
  var row = 0
  while row < c.pointee.height {
    var at = 0
    at = tiles(Sizes.A.self, s, x, pixel, at, length)
    if Sizes.B.Run.count < Sizes.A.Run.count { at = tiles(Sizes.B.self, s, x, pixel, at, length) }
    if Sizes.C.Run.count < Sizes.B.Run.count { at = tiles(Sizes.C.self, s, x, pixel, at, length) }
    if Sizes.D.Run.count < Sizes.C.Run.count { at = tiles(Sizes.D.self, s, x, pixel, at, length) }
    if Sizes.E.Run.count < Sizes.D.Run.count { at = tiles(Sizes.E.self, s, x, pixel, at, length) }
    x += c.pointee.rowAdvance
    pixel &+= c.pointee.pixelRowStep
    row &+= 1
  }
}

/// The tiles of one width in a grid row, for all blocks.
@inline(never) private func tiles<F: Family, T: SumTile>(_: T.Type, _ s: Segment<F>, _ x: UnsafePointer<F.Scalar>, _ pixel: Int, _ from: Int, _ length: Int) -> Int
where T.Scalar == F.Scalar {
  let c = s.call
  let taps = c.pointee.tapCount
  let isPlain = c.pointee.result.activation == 0 && c.pointee.result.slope == nil && isDense(result(c), c.pointee.pixelStep)
  var at = from
  while at &+ T.Run.count <= length {
    var weights = s.weights
    var bias = s.bias
    var channel = s.channel
    var block = 0
    while block < s.blocks {
      let tile = sums(T.self, c, x + at, weights, bias)
      if isPlain {
        update(tile, c, channel &* c.pointee.result.pixels &+ pixel, at)
      } else {
        tile.store(s.room, T.Run.count)
        finish(
          F.self, result(c), channel: channel, channels: T.outputs, pixel: pixel, step: c.pointee.pixelStep, offset: at, count: T.Run.count, s.room, advance: T.Run.count)
      }
      weights += T.outputs &* taps
      bias = bias.map { $0 + T.outputs &* c.pointee.result.biasStride }
      channel &+= T.outputs
      block &+= 1
    }
    at &+= T.Run.count
  }
  return at
}

/// out = base + scale·sum, from the registers.
@inline(__always) private func update<T: SumTile>(_ tile: T, _ c: UnsafePointer<ConvolutionCall>, _ pixel: Int, _ offset: Int) where T.Scalar: KernelScalar {
  let r = c.pointee.result
  let advance = r.pixels &* r.lanes
  let first = pixel &* r.lanes &+ offset
  tile.update(
    T.Vector(T.Scalar(r.scale)), r.base.map { $0.assumingMemoryBound(to: T.Scalar.self) + first }, advance, r.out.assumingMemoryBound(to: T.Scalar.self) + first, advance)
}

@inline(__always) private func sums<T: SumTile>(
  _: T.Type, _ c: UnsafePointer<ConvolutionCall>, _ x: UnsafePointer<T.Scalar>, _ weights: UnsafePointer<T.Scalar>, _ bias: UnsafePointer<T.Scalar>?
) -> T {
  var tile = T(bias, c.pointee.result.biasStride)
  var weights = weights
  var tap = c.pointee.taps
  let end = tap + c.pointee.tapCount
  while tap < end {
    tile.add(weights, T.Run(loading: x + tap.pointee))
    weights += T.outputs
    tap += 1
  }
  return tile
}

@inline(__always) private func result(_ c: UnsafePointer<ConvolutionCall>) -> UnsafePointer<ConvolutionResult> {
  (UnsafeRawPointer(c) + (MemoryLayout<ConvolutionCall>.offset(of: \.result) ?? 0)).assumingMemoryBound(to: ConvolutionResult.self)
}

/// The length of the grid's rows as one array.
@inline(__always) private func flatLength(_ c: UnsafePointer<ConvolutionCall>) -> Int { (c.pointee.height &- 1) &* c.pointee.rowAdvance &+ c.pointee.width }

/// From one output's sums to the next's: a run may end behind the last position, by less than a register.
@inline(__always) private func flatAdvance(_ c: UnsafePointer<ConvolutionCall>) -> Int { (flatLength(c) &+ 31) & ~15 }

@inline(__always) private func positions<F: Family, Sizes: TileSizes>(_: Sizes.Type, _ s: Segment<F>) where Sizes.Vector == F.Wide {
  let length = (flatLength(s.call) &+ F.Wide.count &- 1) / F.Wide.count &* F.Wide.count
  var at = 0
  at = flatTiles(Sizes.A.self, s, at, length)
  if Sizes.B.Run.count < Sizes.A.Run.count { at = flatTiles(Sizes.B.self, s, at, length) }
  if Sizes.C.Run.count < Sizes.B.Run.count { at = flatTiles(Sizes.C.self, s, at, length) }
  if Sizes.D.Run.count < Sizes.C.Run.count { at = flatTiles(Sizes.D.self, s, at, length) }
  if Sizes.E.Run.count < Sizes.D.Run.count { at = flatTiles(Sizes.E.self, s, at, length) }
}

/// The tiles of one width on the grid as one array, for all blocks.
@inline(never) private func flatTiles<F: Family, T: SumTile>(_: T.Type, _ s: Segment<F>, _ from: Int, _ length: Int) -> Int where T.Scalar == F.Scalar {
  let c = s.call
  let advance = flatAdvance(c)
  var at = from
  while at &+ T.Run.count <= length {
    var weights = s.weights
    var bias = s.bias
    var out = s.room + at
    var block = 0
    while block < s.blocks {
      sums(T.self, c, s.plane + at, weights, bias).store(out, advance)
      weights += T.outputs &* c.pointee.tapCount
      bias = bias.map { $0 + T.outputs &* c.pointee.result.biasStride }
      out += T.outputs &* advance
      block &+= 1
    }
    at &+= T.Run.count
  }
  return at
}

/// Copies the rows of each output's sums together and finishes them.
@inline(never) private func finishPositions<F: Family>(_ s: Segment<F>, _ outputs: Int) {
  let c = s.call
  let (height, width) = (c.pointee.height, c.pointee.width)
  let isTogether = c.pointee.pixelStep == 1 && c.pointee.pixelRowStep == width
  let together = s.room + c.pointee.outputs &* flatAdvance(c)
  var output = 0
  while output < outputs {
    let sums = s.room + output &* flatAdvance(c)
    let channel = s.channel &+ output
    if isTogether, height > 1 {
      var row = 0
      while row < height {
        copyNumbers(F.self, sums + row &* c.pointee.rowAdvance, together + row &* width, width)
        row &+= 1
      }
      finish(F.self, result(c), channel: channel, channels: 1, pixel: c.pointee.pixel, step: 1, offset: 0, count: height &* width, together, advance: 0)
    } else {
      var row = 0
      while row < height {
        let pixel = c.pointee.pixel &+ row &* c.pointee.pixelRowStep
        finish(F.self, result(c), channel: channel, channels: 1, pixel: pixel, step: c.pointee.pixelStep, offset: 0, count: width, sums + row &* c.pointee.rowAdvance, advance: 0)
        row &+= 1
      }
    }
    output &+= 1
  }
}
