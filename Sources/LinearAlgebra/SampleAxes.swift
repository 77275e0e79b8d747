/// The three axes of a sample in a caller's array whose numbers do not lie at equal distances: extents and element strides, outermost first. The columns of the array count the innermost axis fastest.
package struct SampleAxes: Equatable, Sendable {
  package let extents: (Int, Int, Int)
  package let strides: (Int, Int, Int)

  package init(extents: (Int, Int, Int), strides: (Int, Int, Int)) {
    self.extents = extents
    self.strides = strides
  }

  package static func == (a: SampleAxes, b: SampleAxes) -> Bool { a.extents == b.extents && a.strides == b.strides }

  /// The distance of a column from the first one.
  @inlinable package func offset(ofColumn column: Int) -> Int {
    let (row, x) = column.quotientAndRemainder(dividingBy: extents.2)
    let (channel, y) = row.quotientAndRemainder(dividingBy: extents.1)
    return channel * strides.0 + y * strides.1 + x * strides.2
  }

  package var count: Int { extents.0 * extents.1 * extents.2 }

  /// The axes in another order, the last one first: pixels before channels become channels before pixels.
  package var lastFirst: SampleAxes { SampleAxes(extents: (extents.2, extents.0, extents.1), strides: (strides.2, strides.0, strides.1)) }

  /// The equal distance of neighboring columns; nil if there is none.
  var columnStride: Int? {
    // An axis of extent 1 may have any stride.
    let inner = extents.2 > 1 ? strides.2 : extents.1 > 1 ? strides.1 : strides.0
    if extents.2 > 1, extents.1 > 1, strides.1 != extents.2 * strides.2 { return nil }
    if extents.0 > 1, extents.1 * extents.2 > 1, strides.0 != extents.1 * extents.2 * inner { return nil }
    return inner
  }
}
