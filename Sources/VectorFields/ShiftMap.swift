import LinearAlgebra

/// Shifts the channels of an image by a pixel around a torus: channel c by 0, up, down, left or right for c mod 5 = 0 … 4; along a line of pixels by 0, left or right for c mod 3 = 0 … 2.
///
/// A permutation of the numbers, so that it changes no distance, and its transpose is its inverse. It lets neighboring pixels see one another where all else acts within a pixel.
package struct ShiftMap: LayerMap {
  private let shape: Shape
  package var outputs: Int { shape.features }

  package init(_ shape: Shape) { self.shape = shape }

  package var recordWidth: Int { 0 }
  package var scratchWidth: Int { 0 }

  /// The shift of a channel: pixel (y, x) of the result is pixel (y + vertical, x + horizontal) of the image.
  private func shift(_ channel: Int) -> (vertical: Int, horizontal: Int) {
    if shape.height == 1 { return (0, [0, 1, -1][channel % 3]) }
    return [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)][channel % 5]
  }

  /// Calls `body` with each run of rows of the result that are neighbors in the image too.
  private func forEachRun(inverse: Bool, _ body: (_ from: Range<Int>, _ to: Range<Int>) -> Void) {
    let (height, width) = (shape.height, shape.width)
    /// `count` units of `size` rows from `start` on, turned by `steps`.
    func turn(_ start: Int, _ count: Int, _ size: Int, _ steps: Int) {
      let cut = ((steps % count) + count) % count
      func rows(_ first: Int, _ units: Int) -> Range<Int> { start + first * size..<start + (first + units) * size }
      body(rows(cut, count - cut), rows(0, count - cut))
      if cut > 0 { body(rows(0, cut), rows(count - cut, cut)) }
    }
    for channel in 0..<shape.channels {
      let (first, sign) = (channel * shape.pixels, inverse ? -1 : 1)
      let (vertical, horizontal) = shift(channel)
      if horizontal == 0 {
        turn(first, height, width, sign * vertical)
      } else {
        for y in 0..<height { turn(first + y * width, width, 1, sign * horizontal) }
      }
    }
  }

  package func evaluate(_ layer: Layer, at x: Block, scale: Double, addingTo base: Block?, into out: Block, record: Block?, scratch: Block) {
    forEachRun(inverse: false) { from, to in add(scale, x.rows(from), to: base?.rows(to), into: out.rows(to)) }
  }

  package func pushforward(
    _ layer: Layer, direction: Layer?, at x: Block, record: Block, tangent v: Block?, scale: Double, addingTo base: Block?, into out: Block, scratch: Block
  ) {
    guard let v else { return settle(base, into: out) }
    evaluate(layer, at: v, scale: scale, addingTo: base, into: out, record: nil, scratch: scratch)
  }

  /// `q` is other memory than `p`.
  package func pullback(
    _ layer: Layer, at x: Block, record: Block, scale: Double, cotangent p: Block, addingTo base: Block?, into q: Block, gradient: Layer?, scratch: Block
  ) {
    forEachRun(inverse: true) { from, to in add(scale, p.rows(from), to: base?.rows(to), into: q.rows(to)) }
  }
}
