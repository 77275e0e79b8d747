import Settings

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

  /// The inputs of one piece of an outer product, a multiple of 64: all, unless 64 rows of them would take long.
  static func inputs(_ inputs: Int, columns: Int) -> Int { 64 &* inputs <= operations / max(columns, 1) ? max(inputs, 1) : max(64, operations / (64 &* max(columns, 1)) & ~63) }

  /// The rows of one piece, a multiple of 64, so that no row is computed in another order than within the whole product.
  static func rows(inputs: Int, columns: Int) -> Int { max(64, min(operations / max(inputs &* columns, 1), numbers / max(inputs, 1)) & ~63) }
}

/// The pieces of rows in which operations on large blocks, such as the images of a tile, are computed. A vector, which is a block of one row, is one piece: what optimizers change must not be seen half done.
enum BlockPieces {
  /// Numbers of one piece, which take up to a millisecond, also where the system provides the memory on first access.
  static let numbers = 1 << 20

  /// Numbers that one piece of a sum reads, at most twice as many.
  static let summed = 1 << 24

  /// Whether a block is more than one piece.
  @inline(__always) static func areMany(_ block: Block) -> Bool { block.rows > 1 && block.rows &* block.columns >= 2 &* numbers }

  /// The rows of one piece.
  static func rows(_ block: Block) -> Int { max(1, numbers / max(block.columns, 1)) }

  /// Whether an operation on a large block must be left out, because the work must end. This thread's watch is asked.
  @inline(__always) static func isOver(before block: Block) -> Bool { areMany(block) && Watch.current.isOver }

  /// Calls `body` with pieces of `count` channels or groups of rows; with all of them if the block is small.
  @inline(__always) static func forEach(of count: Int, _ block: Block, _ body: (Range<Int>) -> Void) {
    guard areMany(block) else { return body(0..<count) }
    forEachPiece(of: count, max(1, numbers / max(block.rows / max(count, 1) &* block.columns, 1)), body)
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
