import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ShiftMapTests {
  private static let shapes = [Shape(channels: 7, height: 3, width: 4), Shape(channels: 4, height: 1, width: 5), Shape(channels: 6, height: 1, width: 1), Shape(channels: 6, height: 4, width: 1)]

  /// Every number of the result is that of the pixel beside it, and the transpose is the inverse.
  @Test(arguments: shapes, [1, 16]) func shiftsChannelsByAPixel(_ shape: Shape, _ columns: Int) throws {
    let (map, count) = (ShiftMap(shape), shape.features * columns)
    let (x, base, out, back) = (try Numbers.normal(count, .float64, seed: 1), try Numbers.normal(count, .float64, seed: 2), try Numbers(count, .float64), try Numbers(count, .float64))
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: shape.features, columns: columns) }
    let empty = block(out).rows(0..<0)
    map.evaluate(Layer(), at: block(x), scale: 0.5, addingTo: block(base), into: block(out), record: nil, scratch: empty)
    let (h, w) = (shape.height, shape.width)
    for c in 0..<shape.channels {
      let (dy, dx) = h == 1 ? [(0, 0), (0, 1), (0, -1)][c % 3] : [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)][c % 5]
      for y in 0..<h {
        for x0 in 0..<w {
          let (to, from) = ((c * h + y) * w + x0, (c * h + (y + dy + h) % h) * w + (x0 + dx + w) % w)
          for s in 0..<columns { #expect(out[to * columns + s] == base[to * columns + s] + 0.5 * x[from * columns + s]) }
        }
      }
    }
    map.evaluate(Layer(), at: block(x), scale: 1, addingTo: nil, into: block(out), record: nil, scratch: empty)
    map.pullback(Layer(), at: block(x), record: empty, scale: 1, cotangent: block(out), addingTo: nil, into: block(back), gradient: nil, scratch: empty)
    #expect(back.bits == x.bits)
  }
}
