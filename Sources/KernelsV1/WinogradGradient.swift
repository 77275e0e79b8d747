import CKernels

/// The gradient of 3 × 3 weights by the transpose of F(2×2, 3×3): inputs and outputs are transformed, one row of four elements at a time, for a band of squares; each element's sums are those of a 1 × 1 convolution's
/// gradient; at the end all elements are transformed back.
@inline(__always) func winogradGradient<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: WinogradGradientCall.self))
  let (inputs, outputs) = (c.pointee.inputs, c.pointee.outputs)
  let (rows, columns) = ((c.pointee.height &+ 1) / 2, (c.pointee.width &+ 1) / 2)
  let band = sode_winograd_band(inputs, outputs, c.pointee.height, c.pointee.width, c.pointee.border.lanes)
  let sums = c.pointee.room.assumingMemoryBound(to: F.Scalar.self)
  let end = c.pointee.endRow < rows ? c.pointee.endRow : rows
  var group = c.pointee.firstGroup
  while group < c.pointee.endGroup {
    if c.pointee.firstRow == 0 { fillNumbers(F.self, sums, 0, 16 &* inputs &* outputs) }
    var first = c.pointee.firstRow
    while first < end {
      let last = first &+ band < rows ? first &+ band : rows
      var row = 0
      while row < 4 {
        // Where the image's height is odd, the last squares have no lower outputs, which row 3 would meet.
        let part = Part(group: group, row: row, first: first, rows: (row == 3 && 2 &* last > c.pointee.height ? last &- 1 : last) &- first, columns: columns)
        if part.rows > 0 { products(F.self, c, part, sums, room) }
        row &+= 1
      }
      first &+= band
    }
    if c.pointee.endRow >= rows { transformBack(F.self, c, sums, c.pointee.gradient.assumingMemoryBound(to: F.Scalar.self) + group &* outputs &* inputs &* 9) }
    group &+= 1
  }
}

/// A row of elements of a band of squares.
private struct Part {
  let group: Int
  let row: Int
  let first: Int
  let rows: Int
  let columns: Int
}

/// The four elements of a row. Where the image's width is odd, the last squares have no right outputs, which column 3 would meet.
@inline(never) private func products<F: Family>(
  _: F.Type, _ c: UnsafePointer<WinogradGradientCall>, _ part: Part, _ sums: UnsafeMutablePointer<F.Scalar>, _ room: UnsafeMutableRawPointer
) {
  let (inputs, outputs, lanes) = (c.pointee.inputs, c.pointee.outputs, c.pointee.border.lanes)
  let count = part.rows &* part.columns &* lanes
  let shortened = part.rows &* (c.pointee.width / 2) &* lanes
  let left = sums + 16 &* inputs &* outputs
  let right = left + 4 &* outputs &* count
  let buffer = right + 4 &* inputs &* count
  var channel = 0
  while channel < outputs {
    transformOutput(F.self, c, part, channel, left + channel &* count, column: outputs &* count, last: left + (3 &* outputs &* count &+ channel &* shortened))
    channel &+= 1
  }
  channel = 0
  while channel < inputs {
    transformInput(F.self, c, part, channel, right + channel &* count, column: inputs &* count, last: right + (3 &* inputs &* count &+ channel &* shortened))
    channel &+= 1
  }
  var column = 0
  while column < 4 {
    let length = column == 3 ? shortened : count
    if length > 0 {
      winogradOuter(
        F.self, left + column &* outputs &* count, outputs, right + column &* inputs &* count, inputs, count: length, sums: sums + (4 &* part.row &+ column) &* inputs &* outputs,
        places: c.pointee.places, buffer: buffer, room: room)
    }
    column &+= 1
  }
}

/// A row of Bᵀ d B of one channel's squares: columns 0, 1 and 2 of the element at `out`, `column` apart, and column 3 at `last`.
@inline(__always) private func transformInput<F: Family>(
  _: F.Type, _ c: UnsafePointer<WinogradGradientCall>, _ part: Part, _ channel: Int, _ out: UnsafeMutablePointer<F.Scalar>, column: Int, last: UnsafeMutablePointer<F.Scalar>
) {
  typealias Pixel = PixelRun<F.Wide>
  let border = UnsafeRawPointer(c).assumingMemoryBound(to: BorderCall.self)
  let (upper, lower) = winogradPair(part.row)
  let end = c.pointee.width
  var (out, last) = (out, last)
  var row = 0
  while row < part.rows {
    let y = 2 &* (part.first &+ row)
    let combined = CombinedRow<F>(border, channel: part.group &* c.pointee.inputs &+ channel, upper: y &+ upper, lower: y &+ lower, isSum: part.row == 1)
    var e0 = combined.padded(0)
    var e1 = combined.padded(1)
    var x = 0
    while x < end {
      let isInside = combined.holds(x &+ 2, 2)
      let e2 = isInside ? combined[x &+ 2] : combined.padded(x &+ 2)
      let e3 = isInside ? combined[x &+ 3] : combined.padded(x &+ 3)
      (e0 - e2).store(out)
      (e1 + e2).store(out + column)
      (e2 - e1).store(out + 2 &* column)
      if x &+ 1 < end {
        (e1 - e3).store(last)
        last += Pixel.count
      }
      (e0, e1) = (e2, e3)
      out += Pixel.count
      x &+= 2
    }
    row &+= 1
  }
}

/// A row of A dY Aᵀ: elements 0 and 3 are one of two numbers, 1 and 2 their sum and difference. The sign of element 3 is put right at the end.
@inline(__always) private func transformOutput<F: Family>(
  _: F.Type, _ c: UnsafePointer<WinogradGradientCall>, _ part: Part, _ channel: Int, _ out: UnsafeMutablePointer<F.Scalar>, column: Int, last: UnsafeMutablePointer<F.Scalar>
) {
  typealias Pixel = PixelRun<F.Wide>
  let (height, width, stride) = (c.pointee.height, c.pointee.width, c.pointee.leftStride)
  let left = c.pointee.left.assumingMemoryBound(to: F.Scalar.self) + (part.group &* c.pointee.outputs &+ channel) &* height &* width &* stride
  var (out, last) = (out, last)
  var row = 0
  while row < part.rows {
    let y = 2 &* (part.first &+ row)
    let pair = OutputRow<F>(element: part.row, upper: left + y &* width &* stride, lower: y &+ 1 < height ? width &* stride : 0)
    var x = 0
    while x < width {
      let first = pair[x &* stride]
      first.store(out)
      if x &+ 1 < width {
        let second = pair[(x &+ 1) &* stride]
        (first + second).store(out + column)
        (first - second).store(out + 2 &* column)
        second.store(last)
        last += Pixel.count
      } else {
        first.store(out + column)
        first.store(out + 2 &* column)
      }
      out += Pixel.count
      x &+= 2
    }
    row &+= 1
  }
}

/// Two rows of outputs, combined pixel by pixel as an element's row says; the lower one may not exist.
private struct OutputRow<F: Family> {
  typealias Pixel = PixelRun<F.Wide>
  private let first: UnsafePointer<F.Scalar>
  private let second: UnsafePointer<F.Scalar>
  private let sign: F.Wide
  private let isPair: Bool

  /// - Parameter lower: the distance of the lower row; 0 if there is none.
  @inline(__always) init(element: Int, upper: UnsafePointer<F.Scalar>, lower: Int) {
    first = element == 3 ? upper + lower : upper
    second = upper + lower
    sign = F.Wide(element == 1 ? 1 : -1)
    isPair = (element == 1 || element == 2) && lower > 0
  }

  @inline(__always) subscript(place: Int) -> Pixel {
    let value = Pixel(loading: first + place)
    return isPair ? Pixel.fma(sign, Pixel(loading: second + place), value) : value
  }
}

/// gradient += Gᵀ N G for each pair of channels.
@inline(never) private func transformBack<F: Family>(_: F.Type, _ c: UnsafePointer<WinogradGradientCall>, _ sums: UnsafePointer<F.Scalar>, _ gradient: UnsafeMutablePointer<F.Scalar>) {
  let pairs = c.pointee.inputs &* c.pointee.outputs
  var pair = 0
  while pair < pairs {
    let n = sums + pair
    let to = gradient + 9 &* pair
    let a = back(n[0], n[4 &* pairs], n[8 &* pairs], n[12 &* pairs])
    let b = back(n[pairs], n[5 &* pairs], n[9 &* pairs], n[13 &* pairs])
    let d = back(n[2 &* pairs], n[6 &* pairs], n[10 &* pairs], n[14 &* pairs])
    let e = back(n[3 &* pairs], n[7 &* pairs], n[11 &* pairs], n[15 &* pairs])
    add(back(a.0, b.0, d.0, e.0), to)
    add(back(a.1, b.1, d.1, e.1), to + 3)
    add(back(a.2, b.2, d.2, e.2), to + 6)
    pair &+= 1
  }
}

/// Gᵀ times a column of four, of which the last has the opposite sign.
@inline(__always) private func back<S: KernelScalar>(_ x: S, _ y: S, _ z: S, _ w: S) -> (S, S, S) { (x + S(0.5) * (y + z), S(0.5) * (y - z), S(0.5) * (y + z) - w) }

@inline(__always) private func add<S: KernelScalar>(_ row: (S, S, S), _ to: UnsafeMutablePointer<S>) {
  to[0] += row.0
  to[1] += row.1
  to[2] += row.2
}
