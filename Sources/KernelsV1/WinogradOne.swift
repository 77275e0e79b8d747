import CKernels

private typealias F = FloatFamily

/// One sample by F(2×2, 3×3), with the bits of the tile. The lanes are squares, which lie row by row without gaps. The plane's phases are the even and odd rows and columns, so that the same pixels of all squares are neighbors.
@inline(__always) func winogradOne(_ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: WinogradCall.self))
  let (rows, columns) = ((c.pointee.height &+ 1) / 2, (c.pointee.width &+ 1) / 2)
  let room = WinogradRoom<F>(c, squares: (rows &* columns &+ F.Wide.count &- 1) / F.Wide.count &* F.Wide.count)
  var group = 0
  while group < c.pointee.groups {
    var step = 0
    while step < 4 {
      let element = step == 0 ? 1 : step == 1 ? 2 : step == 2 ? 0 : 3
      transformOne(c, group, element, room, rows, columns)
      var products = room.row(c, group, element)
      winogradProducts(F.self, &products)
      step &+= 1
    }
    finishOne(c, room, group, rows, columns)
    group &+= 1
  }
}

/// Registers are stored whole: what lies behind a row is overwritten by the next one, and what lies behind a channel by the next channel.
@inline(never) private func transformOne(
  _ c: UnsafePointer<WinogradCall>, _ group: Int, _ element: Int, _ room: WinogradRoom<FloatFamily>, _ rows: Int, _ columns: Int
) {
  typealias W = F.Wide
  let (first, second) = winogradPair(element)
  let width = c.pointee.border.phaseWidth
  let phase = c.pointee.border.phaseHeight &* width
  let plane = UnsafePointer(c.pointee.border.plane.assumingMemoryBound(to: F.Scalar.self))
  let distance = c.pointee.inputs &* room.squares &+ 16
  let sign = W(element == 1 ? 1 : -1)
  var channel = 0
  while channel < c.pointee.inputs {
    let corner = plane + (group &* c.pointee.inputs &+ channel) &* c.pointee.border.channelAdvance
    var a = corner + ((first & 1) &* 2 &* phase &+ first / 2 &* width)
    var b = corner + ((second & 1) &* 2 &* phase &+ second / 2 &* width)
    var to = room.inputs + channel &* room.squares
    var row = 0
    while row < rows {
      var x = 0
      while x < columns {
        let e0 = W.fma(sign, W(loading: b + x), W(loading: a + x))
        let e1 = W.fma(sign, W(loading: b + phase + x), W(loading: a + phase + x))
        let e2 = W.fma(sign, W(loading: b + x + 1), W(loading: a + x + 1))
        let e3 = W.fma(sign, W(loading: b + phase + x + 1), W(loading: a + phase + x + 1))
        (e0 - e2).store(to + x)
        (e1 + e2).store(to + distance + x)
        (e2 - e1).store(to + 2 &* distance + x)
        (e1 - e3).store(to + 3 &* distance + x)
        x &+= W.count
      }
      a += width
      b += width
      to += columns
      row &+= 1
    }
    channel &+= 1
  }
}

@inline(never) private func finishOne(_ c: UnsafePointer<WinogradCall>, _ room: WinogradRoom<FloatFamily>, _ group: Int, _ rows: Int, _ columns: Int) {
  typealias W = F.Wide
  let width = c.pointee.width
  var output = 0
  while output < c.pointee.outputs {
    let channel = group &* c.pointee.outputs &+ output
    let bias = W(c.pointee.result.bias.map { $0.assumingMemoryBound(to: F.Scalar.self)[channel &* c.pointee.result.biasStride] } ?? 0)
    let sums = room.sums + output &* room.squares
    var y = 0
    while y < c.pointee.height {
      let left = sums + (2 &* (y & 1) &* room.sumAdvance &+ y / 2 &* columns)
      let to = room.results + y &* width
      var x = 0
      while x < columns {
        F.WideOperations.interleave(left + x, left + room.sumAdvance + x, into: to + 2 &* x)
        x &+= W.count
      }
      y &+= 1
    }
    let count = c.pointee.height &* width
    if c.pointee.result.bias != nil {
      var i = 0
      while i < count {
        (W(loading: room.results + i) + bias).store(room.results + i)
        i &+= W.count
      }
    }
    finish(F.self, winogradResult(c), channel: channel, channels: 1, pixel: 0, step: 1, offset: 0, count: count, room.results, advance: 0)
    output &+= 1
  }
}
