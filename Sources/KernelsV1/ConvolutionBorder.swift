import CKernels

/// The image row or column from which row or column `i` of a padded image is made; −1 for zeros.
@inline(__always) func paddingSource(_ padding: Int32, _ i: Int, _ count: Int) -> Int {
  if i >= 0, i < count { return i }
  switch padding {
  case 1:
    let rest = i % count
    return rest < 0 ? rest &+ count : rest
  case 2: return i < 0 ? 0 &- i : 2 &* count &- 2 &- i
  case 3: return i < 0 ? 0 : count &- 1
  default: return -1
  }
}

/// plane = the image with its padding, cut into phases; behind the plane follow 64 zeros.
///
/// - Parameter room: 16 KB.
@inline(__always) func border<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: BorderCall.self))
  let isHalved = c.pointee.lanes == 1 && c.pointee.strideX == 2 && c.pointee.phasesX == 2 && 2 &* c.pointee.phaseWidth <= 16384 / MemoryLayout<F.Scalar>.size
  let plane = c.pointee.plane.assumingMemoryBound(to: F.Scalar.self)
  let advance = c.pointee.channelAdvance &* c.pointee.lanes
  if isFramed(c) { return framed(F.self, c, plane) }
  var channel = 0
  while channel < c.pointee.channels {
    var out = plane + channel &* advance
    let image = c.pointee.image.assumingMemoryBound(to: F.Scalar.self) + channel &* c.pointee.height &* c.pointee.width &* c.pointee.imageStride
    var phaseY = 0
    while phaseY < c.pointee.phasesY {
      if isHalved {
        halvedRows(F.self, c, image, phaseY, out, room.assumingMemoryBound(to: F.Scalar.self))
        out += 2 &* c.pointee.phaseHeight &* c.pointee.phaseWidth
        phaseY &+= 1
        continue
      }
      var phaseX = 0
      while phaseX < c.pointee.phasesX {
        var row = 0
        while row < c.pointee.phaseHeight {
          let y = paddingSource(c.pointee.padding, row &* c.pointee.strideY &+ phaseY &- c.pointee.top, c.pointee.height)
          borderRow(F.self, c, y < 0 ? nil : image + y &* c.pointee.width &* c.pointee.imageStride, phaseX, c.pointee.strideX, c.pointee.phaseWidth, out)
          out += c.pointee.phaseWidth &* c.pointee.lanes
          row &+= 1
        }
        phaseX &+= 1
      }
      phaseY &+= 1
    }
    // What lies between the channels is read with the weight 0, or dropped, and must be finite.
    fillNumbers(F.self, out, 0, plane + (channel &+ 1) &* advance - out)
    channel &+= 1
  }
  fillNumbers(F.self, plane + channel &* advance, 0, 64)
}

/// Whether the plane of one sample is the whole image in a frame of zeros.
@inline(__always) private func isFramed(_ c: UnsafePointer<BorderCall>) -> Bool {
  c.pointee.lanes == 1 && c.pointee.imageStride == 1 && c.pointee.padding == 0 && c.pointee.strideY == 1 && c.pointee.strideX == 1 && c.pointee.top >= 0 && c.pointee.left >= 0
    && c.pointee.top &+ c.pointee.height <= c.pointee.phaseHeight && c.pointee.left &+ c.pointee.width <= c.pointee.phaseWidth
}

/// Zeros everywhere, and then the image's rows: for one sample faster than row by row.
@inline(never) private func framed<F: Family>(_: F.Type, _ c: UnsafePointer<BorderCall>, _ plane: UnsafeMutablePointer<F.Scalar>) {
  let (height, width) = (c.pointee.height, c.pointee.width)
  fillNumbers(F.self, plane, 0, c.pointee.channels &* c.pointee.channelAdvance &+ 64)
  var from = c.pointee.image.assumingMemoryBound(to: F.Scalar.self)
  var channel = 0
  while channel < c.pointee.channels {
    var to = plane + (channel &* c.pointee.channelAdvance &+ c.pointee.top &* c.pointee.phaseWidth &+ c.pointee.left)
    var row = 0
    while row < height {
      copyNumbers(F.self, from, to, width)
      from += width
      to += c.pointee.phaseWidth
      row &+= 1
    }
    channel &+= 1
  }
}

/// Both column phases of the rows of one row phase: a padded row in the room, whose even and odd columns are then separated.
@inline(never) private func halvedRows<F: Family>(
  _: F.Type, _ c: UnsafePointer<BorderCall>, _ image: UnsafePointer<F.Scalar>, _ phaseY: Int, _ out: UnsafeMutablePointer<F.Scalar>, _ room: UnsafeMutablePointer<F.Scalar>
) {
  let width = c.pointee.phaseWidth
  let isZero = c.pointee.padding == 0 && c.pointee.left >= 0 && c.pointee.left &+ c.pointee.width <= 2 &* width && c.pointee.imageStride == 1
  // The padding of all rows at once.
  if isZero { fillNumbers(F.self, room, 0, 2 &* width) }
  var (even, odd) = (out, out + c.pointee.phaseHeight &* width)
  var row = 0
  while row < c.pointee.phaseHeight {
    let y = paddingSource(c.pointee.padding, row &* c.pointee.strideY &+ phaseY &- c.pointee.top, c.pointee.height)
    if y < 0 {
      fillNumbers(F.self, even, 0, width)
      fillNumbers(F.self, odd, 0, width)
    } else {
      let from = image + y &* c.pointee.width &* c.pointee.imageStride
      if isZero { copyNumbers(F.self, from, room + c.pointee.left, c.pointee.width) } else { borderRow(F.self, c, from, 0, 1, 2 &* width, room) }
      separateNumbers(F.self, room, even, odd, width)
    }
    even += width
    odd += width
    row &+= 1
  }
}

/// `count` columns of a row, from column `phase` of the padded image on, `stride` apart.
@inline(__always) private func borderRow<F: Family>(
  _: F.Type, _ c: UnsafePointer<BorderCall>, _ image: UnsafePointer<F.Scalar>?, _ phase: Int, _ stride: Int, _ count: Int, _ out: UnsafeMutablePointer<F.Scalar>
) {
  let lanes = c.pointee.lanes
  guard let image else { return fillNumbers(F.self, out, 0, count &* lanes) }
  var column = 0
  if stride == 1 {
    // Padding, then the image itself, then padding.
    let before = bounded(c.pointee.left, count)
    while column < before { column = borderPixel(F.self, c, image, column, column, out) }
    let last = bounded(c.pointee.left &+ c.pointee.width, count)
    let from = image + (column &- c.pointee.left) &* c.pointee.imageStride
    if last > column {
      if c.pointee.imageStride == lanes {
        copyNumbers(F.self, from, out + column &* lanes, (last &- column) &* lanes)
      } else {
        var i = 0
        while i < last &- column {
          copyNumbers(F.self, from + i &* c.pointee.imageStride, out + (column &+ i) &* lanes, lanes)
          i &+= 1
        }
      }
      column = last
    }
  }
  while column < count { column = borderPixel(F.self, c, image, column &* stride &+ phase, column, out) }
}

@inline(__always) private func bounded(_ i: Int, _ limit: Int) -> Int { i < 0 ? 0 : i < limit ? i : limit }

/// Column `x` of the padded image to column `column` of the plane's row; the next column.
@inline(__always) private func borderPixel<F: Family>(
  _: F.Type, _ c: UnsafePointer<BorderCall>, _ image: UnsafePointer<F.Scalar>, _ x: Int, _ column: Int, _ out: UnsafeMutablePointer<F.Scalar>
) -> Int {
  let lanes = c.pointee.lanes
  let source = paddingSource(c.pointee.padding, x &- c.pointee.left, c.pointee.width)
  if lanes == 1 {
    out[column] = source < 0 ? 0 : image[source &* c.pointee.imageStride]
  } else if source < 0 {
    fillNumbers(F.self, out + column &* lanes, 0, lanes)
  } else {
    copyNumbers(F.self, image + source &* c.pointee.imageStride, out + column &* lanes, lanes)
  }
  return column &+ 1
}

/// The transpose of `border`: every pixel of the image starts from the bias and adds the pixels of the plane that were made from it, rows and columns ascending. Then follows the result.
@inline(__always) func foldBorder<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let fold = UnsafePointer(call.assumingMemoryBound(to: FoldCall.self))
  let c = fold.pointee.border
  var result = fold.pointee.result
  let lanes = c.lanes
  let sums = fold.pointee.sums.assumingMemoryBound(to: F.Scalar.self)
  var plane = UnsafePointer(c.plane.assumingMemoryBound(to: F.Scalar.self))
  var channel = 0
  while channel < c.channels {
    let start = result.bias.map { $0.assumingMemoryBound(to: F.Scalar.self)[channel &* result.biasStride] } ?? 0
    var row = 0
    while row < c.height {
      fillNumbers(F.self, sums, start, c.width &* lanes)
      var y = 0
      while y < c.phaseHeight {
        if paddingSource(c.padding, y &- c.top, c.height) == row { addRow(F.self, c, plane + y &* c.phaseWidth &* lanes, sums) }
        y &+= 1
      }
      finish(F.self, &result, channel: channel, channels: 1, pixel: row &* c.width, step: 1, offset: 0, count: c.width &* lanes, sums, advance: 0)
      row &+= 1
    }
    plane += c.channelAdvance &* lanes
    channel &+= 1
  }
}

@inline(__always) private func addRow<F: Family>(_: F.Type, _ c: BorderCall, _ plane: UnsafePointer<F.Scalar>, _ sums: UnsafeMutablePointer<F.Scalar>) {
  let lanes = c.lanes
  var column = 0
  while column < c.phaseWidth {
    let x = paddingSource(c.padding, column &- c.left, c.width)
    if x >= 0 {
      let (from, to) = (plane + column &* lanes, sums + x &* lanes)
      var i = 0
      while i &+ F.Wide.count <= lanes {
        (F.Wide(loading: to + i) + F.Wide(loading: from + i)).store(to + i)
        i &+= F.Wide.count
      }
      while i < lanes {
        to[i] += from[i]
        i &+= 1
      }
    }
    column &+= 1
  }
}
