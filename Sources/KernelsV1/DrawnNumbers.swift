import CShims
import CKernels

/// Writes random numbers, each computed from its sample and row alone: uniform, normal, or a mask.
///
/// Four rows of a sample share one counter. All numbers are made from 24 bits, so both precisions get the same ones; a sample gets the same bits alone and in a tile.
///
/// - Parameter room: 256 bytes.
@inline(__always) func draw<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: DrawCall.self).pointee
  let words = room.assumingMemoryBound(to: Int32.self)
  var row = 0
  while row < c.rows {
    let rows = min(4, c.rows &- row)
    let out = c.out.assumingMemoryBound(to: F.Scalar.self) + row &* c.outStride
    var column = 0
    while column < c.columns {
      sode_draw_words(c.key, c.sample &+ UInt32(truncatingIfNeeded: column), UInt32(truncatingIfNeeded: row &>> 2) | c.stream, c.layer, words)
      if c.columns == 1 {
        drawGroup(F.One.self, c, words, out, rows)
      } else {
        var lane = 0
        while lane < 16 {
          drawGroup(F.Wide.self, c, words + lane, out + (column &+ lane), rows)
          lane &+= F.Wide.count
        }
      }
      column &+= 16
    }
    row &+= 4
  }
}

/// Up to four rows of as many samples as the lanes hold; the words of a row are 16 apart.
@inline(__always) private func drawGroup<L: Lanes>(_: L.Type, _ c: DrawCall, _ words: UnsafePointer<Int32>, _ out: UnsafeMutablePointer<L.Scalar>, _ rows: Int) {
  typealias N = L.Numbers
  let unit = L(0x1p-24)
  let a = L(L.Scalar(c.a))
  var row = 0
  while row < rows {
    let word = L(converting: words + 16 &* row)
    let place = out + row &* c.outStride
    switch c.kind {
    case 0:
      L.fma(word * unit, L(L.Scalar(c.b)), a).store(place)
      row &+= 1
    case 1:
      // Box & Muller 1958; 0 < u ≤ 1.
      let radius = a * (L(-2) * logarithm((word + L(1)) * unit)).squareRoot
      let (sine, cosine) = sineAndCosine(L(converting: words + 16 &* (row &+ 1)) * unit * L(N.twoPi))
      (radius * cosine).store(place)
      if row &+ 1 < rows { (radius * sine).store(place + c.outStride) }
      row &+= 2
    default:
      L.choose(a, L(0), whereLess: word, than: L(L.Scalar(c.b))).store(place)
      row &+= 1
    }
  }
}
