/// The pieces of rows in which large products are computed, so that this thread's watch is asked every few milliseconds.
package enum ProductPieces {
  /// Multiply-adds of one piece, which take a few milliseconds.
  package static let operations = 1 << 27
  /// Numbers of a matrix that one piece reads: few columns make a product as fast as memory is.
  package static let numbers = 1 << 23

  /// Whether a product is computed in one piece.
  @inline(__always) static func isOne(outputs: Int, inputs: Int, columns: Int) -> Bool {
    let read = outputs &* inputs
    return read <= numbers && read &* columns <= operations
  }

  /// The rows of one piece, a multiple of 64, so that no row is computed in another order than within the whole product.
  static func rows(inputs: Int, columns: Int) -> Int { max(64, min(operations / max(inputs &* columns, 1), numbers / max(inputs, 1)) & ~63) }
}

/// The pieces of rows in which operations on large blocks, such as the images of a tile, are computed. A vector, which is a block of one row, is one piece: what optimizers change must not be seen half done.
enum BlockPieces {
  /// Numbers of one piece, which take a few milliseconds.
  static let numbers = 1 << 22

  /// Whether a block is more than one piece.
  @inline(__always) static func areMany(_ block: Block) -> Bool { block.rows > 1 && block.rows &* block.columns >= 2 &* numbers }

  /// The rows of one piece.
  static func rows(_ block: Block) -> Int { max(1, numbers / max(block.columns, 1)) }

  /// Asks this thread's watch before an operation on a large block that is not divided.
  @inline(__always) static func ask(before block: Block) {
    if areMany(block) { _ = Watch.current.isOver }
  }
}

/// Calls `body` with the pieces of 0 ..< `count`, and asks this thread's watch between them. If the work must end, the remaining pieces are left out.
///
/// - Parameter size: numbers of one piece; the last may be up to twice as long, so that none is short.
@inline(__always) func forEachPiece(of count: Int, _ size: Int, _ body: (Range<Int>) -> Void) {
  if count < 2 &* size { return body(0..<count) }
  let watch = Watch.current
  var start = 0
  while start < count, !watch.isOver {
    let end = count &- start < 2 &* size ? count : start &+ size
    body(start..<end)
    start = end
  }
}
