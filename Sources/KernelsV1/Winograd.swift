import CKernels

/// A tile of 16 samples by F(2×2, 3×3), squares in groups of a row.
@inline(__always) func winogradTile<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: WinogradCall.self))
  let (rows, columns) = ((c.pointee.height &+ 1) / 2, (c.pointee.width &+ 1) / 2)
  let most = sode_winograd_squares(columns)
  var group = 0
  while group < c.pointee.groups {
    var row = 0
    while row < rows {
      var column = 0
      while column < columns {
        let count = columns &- column < most ? columns &- column : most
        squares(F.self, c, group, row, column, count)
        column &+= count
      }
      row &+= 1
    }
    group &+= 1
  }
}

/// Where a group's transformed inputs, sums and results lie in the room.
struct WinogradRoom<F: Family> {
  let inputs: UnsafeMutablePointer<F.Scalar>
  let sums: UnsafeMutablePointer<F.Scalar>
  let results: UnsafeMutablePointer<F.Scalar>
  /// For each register of squares the place of its first number in the first channel, and the length of its run.
  private let places: UnsafeMutablePointer<Int>
  private let channels: Int
  let outputs: Int
  let squares: Int
  /// From one part of the sums to the next; not a power of two, so that the parts do not compete for the same sets of the first-level cache.
  let sumAdvance: Int

  @inline(__always) init(_ c: UnsafePointer<WinogradCall>, squares: Int) {
    channels = c.pointee.inputs
    outputs = sode_winograd_outputs(c.pointee.outputs)
    self.squares = squares
    sumAdvance = outputs &* squares &+ 16
    places = c.pointee.room.assumingMemoryBound(to: Int.self)
    inputs = c.pointee.room.assumingMemoryBound(to: F.Scalar.self) + (squares &+ 15) & ~15
    sums = inputs + 4 &* (channels &* squares &+ 16)
    results = sums + 4 &* sumAdvance
    var at = 0
    while at < squares {
      let run = winogradRun(F.self, squares &- at)
      var register = 0
      while register < run {
        places[2 &* ((at &+ register) / F.Wide.count)] = 4 &* channels &* at &+ register
        places[2 &* ((at &+ register) / F.Wide.count) &+ 1] = run
        register &+= F.Wide.count
      }
      at &+= run
    }
  }

  /// Stores the four columns of an element's row, one register of squares of a channel.
  @inline(__always) func store(_ a: F.Wide, _ b: F.Wide, _ c: F.Wide, _ d: F.Wide, register: Int, channel: Int) {
    let run = places[2 &* register &+ 1]
    let to = inputs + (places[2 &* register] &+ channel &* run)
    let column = channels &* run
    a.store(to)
    b.store(to + column)
    c.store(to + 2 &* column)
    d.store(to + 3 &* column)
  }

  @inline(__always) func row(_ c: UnsafePointer<WinogradCall>, _ group: Int, _ row: Int) -> WinogradRow<F.Scalar> {
    WinogradRow(
      inputs: UnsafePointer(inputs), areInRuns: c.pointee.result.lanes > 1, channels: channels, squares: squares,
      weights: c.pointee.weights.assumingMemoryBound(to: F.Scalar.self) + (4 &* group &+ row) &* 4 &* outputs &* channels, outputs: outputs, sums: sums, sumAdvance: sumAdvance, row: row)
  }
}

/// The part of a call that says what follows the sums.
@inline(__always) func winogradResult(_ c: UnsafePointer<WinogradCall>) -> UnsafePointer<ConvolutionResult> {
  (UnsafeRawPointer(c) + (MemoryLayout<WinogradCall>.offset(of: \.result) ?? 0)).assumingMemoryBound(to: ConvolutionResult.self)
}

/// `count` squares of a row of a tile, all outputs of a group.
@inline(__always) private func squares<F: Family>(_: F.Type, _ c: UnsafePointer<WinogradCall>, _ group: Int, _ row: Int, _ column: Int, _ count: Int) {
  let room = WinogradRoom<F>(c, squares: count &* c.pointee.result.lanes)
  let hasLower = 2 &* row &+ 1 < c.pointee.height
  var step = 0
  while step < (hasLower ? 4 : 3) {
    let element = step == 0 ? 1 : step == 1 ? 2 : step == 2 ? 0 : 3
    transformTile(F.self, c, group, element, row, column, count, room)
    var products = room.row(c, group, element)
    winogradProducts(F.self, &products)
    step &+= 1
  }
  finishTile(F.self, c, room, group, 2 &* row, 2 &* column, 0)
  if hasLower { finishTile(F.self, c, room, group, 2 &* row &+ 1, 2 &* column, 2) }
}

/// One row of the input transform Bᵀ d B of a tile's squares, for all channels.
@inline(never) private func transformTile<F: Family>(
  _: F.Type, _ c: UnsafePointer<WinogradCall>, _ group: Int, _ element: Int, _ row: Int, _ column: Int, _ count: Int, _ room: WinogradRoom<F>
) {
  let border = UnsafeRawPointer(c).assumingMemoryBound(to: BorderCall.self)
  let (first, second) = winogradPair(element)
  var channel = 0
  while channel < c.pointee.inputs {
    let combined = CombinedRow<F>(
      border, channel: group &* c.pointee.inputs &+ channel, upper: 2 &* row &+ first, lower: 2 &* row &+ second, isSum: element == 1)
    var e0 = combined.padded(2 &* column)
    var e1 = combined.padded(2 &* column &+ 1)
    var square = 0
    while square < count {
      let x = 2 &* (column &+ square) &+ 2
      let isInside = combined.holds(x, 2)
      let e2 = isInside ? combined[x] : combined.padded(x)
      let e3 = isInside ? combined[x &+ 1] : combined.padded(x &+ 1)
      CombinedRow<F>.Pixel.forEachRegister(e0, e1, e2, e3, square &* (CombinedRow<F>.Pixel.count / F.Wide.count)) { e0, e1, e2, e3, register in
        room.store(e0 - e2, e1 + e2, e2 - e1, e1 - e3, register: register, channel: channel)
      }
      (e0, e1) = (e2, e3)
      square &+= 1
    }
    channel &+= 1
  }
}

/// One row of outputs: left and right columns in turn, then bias and result. `part` is 0 for P, 2 for D.
@inline(never) private func finishTile<F: Family>(_: F.Type, _ c: UnsafePointer<WinogradCall>, _ room: WinogradRoom<F>, _ group: Int, _ y: Int, _ x: Int, _ part: Int) {
  typealias Pixel = PixelRun<F.Wide>
  let r = c.pointee.result
  let lanes = r.lanes
  let pixels = c.pointee.width &- x < 2 &* room.squares / lanes ? c.pointee.width &- x : 2 &* room.squares / lanes
  let isPlain = r.activation == 0 && r.slope == nil
  let scale = F.Wide(F.Scalar(r.scale))
  let left = room.sums + part &* room.sumAdvance
  let right = left + room.sumAdvance
  var output = 0
  while output < c.pointee.outputs {
    let channel = group &* c.pointee.outputs &+ output
    let bias = Pixel(F.Wide(r.bias.map { $0.assumingMemoryBound(to: F.Scalar.self)[channel &* r.biasStride] } ?? 0))
    let sums = (left + output &* room.squares, right + output &* room.squares)
    let first = channel &* r.pixels &+ y &* c.pointee.width &+ x
    var pixel = 0
    while pixel < pixels {
      let sum = bias + Pixel(loading: (pixel & 1 == 0 ? sums.0 : sums.1) + pixel / 2 &* lanes)
      if isPlain {
        let base = r.base.map { Pixel(loading: $0.assumingMemoryBound(to: F.Scalar.self) + (first &+ pixel) &* r.baseStride) } ?? Pixel(F.Wide(0))
        Pixel.fma(scale, sum, base).store(r.out.assumingMemoryBound(to: F.Scalar.self) + (first &+ pixel) &* r.outStride)
      } else {
        sum.store(room.results + pixel &* lanes)
      }
      pixel &+= 1
    }
    if !isPlain {
      finish(F.self, winogradResult(c), channel: channel, channels: 1, pixel: y &* c.pointee.width &+ x, step: 1, offset: 0, count: pixels &* lanes, room.results, advance: 0)
    }
    output &+= 1
  }
}
