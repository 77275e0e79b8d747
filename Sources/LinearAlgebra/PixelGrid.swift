import Settings

/// Images, one number a pixel, between a grid and the grid whose pixels are twice as wide along each axis that has more than one.
package struct PixelGrid: Sendable {
  package let channels: Int
  /// The extents of the fine grid; even, or 1.
  package let height: Int
  package let width: Int

  package init(channels: Int, height: Int, width: Int) { (self.channels, self.height, self.width) = (channels, height, width) }

  private var vertical: Int { height == 1 ? 1 : 2 }
  private var horizontal: Int { width == 1 ? 1 : 2 }
  /// The fine pixels of a coarse one.
  package var share: Int { vertical * horizontal }
  private var coarseCount: Int { channels * height * width / share }

  /// fine = factor · (each coarse number at each of its fine pixels), for one image behind the other.
  /// - Throws: the reason why the work must end.
  package func spread(_ coarse: Vector, by factor: Double, into fine: Vector) throws(Failure) {
    try forEachPixel(coarse, fine) { index, first in
      let value = factor * coarse.load(index)
      for row in 0..<vertical { for column in 0..<horizontal { fine.store(value, at: first + row * width + column) } }
    }
  }

  /// coarse = factor · (the sum over its fine pixels), for one image behind the other.
  /// - Throws: the reason why the work must end.
  package func sum(_ fine: Vector, by factor: Double, into coarse: Vector) throws(Failure) {
    try forEachPixel(coarse, fine) { index, first in
      var sum = 0.0
      for row in 0..<vertical { for column in 0..<horizontal { sum += fine.load(first + row * width + column) } }
      coarse.store(factor * sum, at: index)
    }
  }

  /// Calls `body` with each coarse pixel and the first of its fine ones. An image may be large, so the pieces between two questions to the watch may end within a row.
  private func forEachPixel(_ coarse: Vector, _ fine: Vector, _ body: (_ coarse: Int, _ fine: Int) -> Void) throws(Failure) {
    precondition(fine.count == share * coarse.count && coarse.count % coarseCount == 0, "images of other extents")
    let coarseWidth = width / horizontal
    try Watch.pieces(coarse.count, work: 2 * share) { pixels in
      // Rows of all channels and images follow one another, and `vertical` divides the rows of each.
      var (row, column) = pixels.lowerBound.quotientAndRemainder(dividingBy: coarseWidth)
      for pixel in pixels {
        body(pixel, row * vertical * width + column * horizontal)
        column += 1
        if column == coarseWidth { (row, column) = (row + 1, 0) }
      }
    }
  }
}
