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
  package func spread(_ coarse: Vector, by factor: Double, into fine: Vector) { forEachPixel(coarse, fine) { (from, to) in fine.store(factor * coarse.load(from), at: to) } }

  /// coarse = factor · (the sum over its fine pixels), for one image behind the other.
  package func sum(_ fine: Vector, by factor: Double, into coarse: Vector) {
    fill(coarse, 0)
    forEachPixel(coarse, fine) { (to, from) in coarse.store(coarse.load(to) + factor * fine.load(from), at: to) }
  }

  private func forEachPixel(_ coarse: Vector, _ fine: Vector, _ body: (_ coarse: Int, _ fine: Int) -> Void) {
    precondition(fine.count == share * coarse.count && coarse.count % coarseCount == 0, "images of other extents")
    let coarseWidth = width / horizontal
    // Rows of all channels and images follow one another, and `vertical` divides the rows of each.
    for row in 0..<fine.count / width {
      for column in 0..<width { body(row / vertical * coarseWidth + column / horizontal, row * width + column) }
    }
  }
}
