import CKernels

/// The gradient of 3 × 3 weights by the transpose of F(2×2, 3×3): inputs and outputs are transformed, one of 16 elements at a time, for a band of squares; each element's sums are those of a 1 × 1 convolution's gradient; at
/// the end all elements are transformed back.
@inline(__always) func winogradGradient<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: WinogradGradientCall.self))
  let (inputs, outputs) = (c.pointee.inputs, c.pointee.outputs)
  let (rows, columns) = ((c.pointee.height &+ 1) / 2, (c.pointee.width &+ 1) / 2)
  let band = sode_winograd_band(inputs, outputs, c.pointee.height, c.pointee.width, c.pointee.border.lanes)
  let sums = c.pointee.room.assumingMemoryBound(to: F.Scalar.self)
  let transformed = sums + 16 &* inputs &* outputs
  var group = 0
  while group < c.pointee.groups {
    var i = 0
    while i < 16 &* inputs &* outputs {
      sums[i] = 0
      i &+= 1
    }
    var first = 0
    while first < rows {
      var element = 0
      while element < 16 {
        // Where the image's height or width is odd, the last squares have no lower or right outputs, which elements 3 would meet.
        let last = first &+ band < rows ? first &+ band : rows
        let part = Part(
          row: element / 4, column: element % 4, first: first, rows: (element / 4 == 3 && 2 &* last > c.pointee.height ? last &- 1 : last) &- first,
          columns: element % 4 == 3 ? c.pointee.width / 2 : columns)
        products(F.self, c, group, part, transformed, sums + element &* inputs &* outputs, room)
        element &+= 1
      }
      first &+= band
    }
    transformBack(F.self, c, sums, c.pointee.gradient.assumingMemoryBound(to: F.Scalar.self) + group &* outputs &* inputs &* 9)
    group &+= 1
  }
}

/// One element of a band of squares.
private struct Part {
  let row: Int
  let column: Int
  let first: Int
  let rows: Int
  let columns: Int
}

@inline(never) private func products<F: Family>(
  _: F.Type, _ c: UnsafePointer<WinogradGradientCall>, _ group: Int, _ part: Part, _ transformed: UnsafeMutablePointer<F.Scalar>, _ sums: UnsafeMutablePointer<F.Scalar>,
  _ room: UnsafeMutableRawPointer
) {
  let count = part.rows &* part.columns &* c.pointee.border.lanes
  if count == 0 { return }
  let outputs = transformed + c.pointee.inputs &* count
  var channel = 0
  while channel < c.pointee.inputs {
    c.pointee.places[channel] = channel &* count
    transformInput(F.self, c, part, group &* c.pointee.inputs &+ channel, transformed + channel &* count)
    channel &+= 1
  }
  channel = 0
  while channel < c.pointee.outputs {
    transformOutput(F.self, c, part, group &* c.pointee.outputs &+ channel, outputs + channel &* count)
    channel &+= 1
  }
  var call = ConvolutionGradientCall(
    plane: transformed, taps: c.pointee.places, tapCount: c.pointee.inputs, groups: 1, outputs: c.pointee.outputs, groupAdvance: 0, left: outputs, leftChannelAdvance: count, leftRowAdvance: count,
    height: 1, rowLength: count, rowAdvance: count, gradient: sums)
  convolutionGradient(F.self, &call, room)
}

@inline(__always) private func transformInput<F: Family>(_: F.Type, _ c: UnsafePointer<WinogradGradientCall>, _ part: Part, _ channel: Int, _ out: UnsafeMutablePointer<F.Scalar>) {
  typealias Pixel = PixelRun<F.Wide>
  let border = UnsafeRawPointer(c).assumingMemoryBound(to: BorderCall.self)
  let (upper, lower) = winogradPair(part.row)
  let (left, right) = winogradPair(part.column)
  let sign = F.Wide(part.column == 1 ? 1 : -1)
  var out = out
  var row = 0
  while row < part.rows {
    let y = 2 &* (part.first &+ row)
    let combined = CombinedRow<F>(border, channel: channel, upper: y &+ upper, lower: y &+ lower, isSum: part.row == 1)
    var x = 0
    while x < 2 &* part.columns {
      if combined.holds(x, 4) {
        Pixel.fma(sign, combined[x &+ right], combined[x &+ left]).store(out)
      } else {
        Pixel.fma(sign, combined.padded(x &+ right), combined.padded(x &+ left)).store(out)
      }
      out += PixelRun<F.Wide>.count
      x &+= 2
    }
    row &+= 1
  }
}

/// A dY Aᵀ: elements 0 and 3 are one of two numbers, 1 and 2 their sum and difference. The sign of element 3 is put right at the end.
@inline(__always) private func transformOutput<F: Family>(_: F.Type, _ c: UnsafePointer<WinogradGradientCall>, _ part: Part, _ channel: Int, _ out: UnsafeMutablePointer<F.Scalar>) {
  typealias Pixel = PixelRun<F.Wide>
  let (height, width, stride) = (c.pointee.height, c.pointee.width, c.pointee.leftStride)
  let left = c.pointee.left.assumingMemoryBound(to: F.Scalar.self) + channel &* height &* width &* stride
  let sign = F.Wide(part.column == 1 ? 1 : -1)
  let isPair = part.column == 1 || part.column == 2
  var out = out
  var row = 0
  while row < part.rows {
    let y = 2 &* (part.first &+ row)
    let pair = OutputRow<F>(element: part.row, upper: left + y &* width &* stride, lower: y &+ 1 < height ? width &* stride : 0)
    var column = 0
    while column < part.columns {
      let x = 2 &* column &+ (part.column == 3 ? 1 : 0)
      let value = pair[x &* stride]
      if isPair, x &+ 1 < width { Pixel.fma(sign, pair[(x &+ 1) &* stride], value).store(out) } else { value.store(out) }
      out += Pixel.count
      column &+= 1
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
