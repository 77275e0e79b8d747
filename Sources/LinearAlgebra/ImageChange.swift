/// How an image is moved, mirrored and partly erased. All numbers are pixels.
package struct ImageChange: Equatable, Sendable {
  /// The result's pixel (y, x) is the image's pixel (y + down, x + right), with x counted from the right edge if the image is mirrored.
  package var down = 0
  package var right = 0
  package var isMirrored = false
  /// Whether pixels beyond an edge are the image's, reflected at its outermost pixels; otherwise they are zero.
  package var reflects = false
  /// Rows and columns of the result that become zero.
  package var hole: (rows: Range<Int>, columns: Range<Int>) = (0..<0, 0..<0)

  package init() {}

  package static func == (_ a: ImageChange, _ b: ImageChange) -> Bool {
    (a.down, a.right, a.isMirrored, a.reflects) == (b.down, b.right, b.isMirrored, b.reflects) && a.hole.rows == b.hole.rows && a.hole.columns == b.hole.columns
  }

  /// The index behind a pixel of the result along one axis; nil for zero. Reflection is valid for less than one size beyond an edge.
  fileprivate func source(_ index: Int, _ size: Int) -> Int? {
    if 0..<size ~= index { return index }
    guard reflects else { return nil }
    let reflected = index < 0 ? -index : 2 * (size - 1) - index
    return 0..<size ~= reflected ? reflected : nil
  }
}

/// Changes the image in one column of a block, whose rows are ordered channel, y, x.
///
/// - Parameter room: as many numbers as the block has rows.
package func change(_ image: Block, column: Int, channels: Int, height: Int, width: Int, by change: ImageChange, room: Vector) {
  precondition(image.rows == channels * height * width && room.count == image.rows && room.precision == image.precision, "change: shapes")
  if change == ImageChange() { return }
  switch image.precision {
  case .float32: changed(Float.self, image, column, channels, height, width, change, room)
  case .float64: changed(Double.self, image, column, channels, height, width, change, room)
  }
}

@inline(__always) private func changed<Scalar: BinaryFloatingPoint>(
  _: Scalar.Type, _ image: Block, _ column: Int, _ channels: Int, _ height: Int, _ width: Int, _ change: ImageChange, _ room: Vector
) {
  let pixels = image.base.assumingMemoryBound(to: Scalar.self) + column
  let copy = room.base.assumingMemoryBound(to: Scalar.self)
  for row in 0..<image.rows { copy[row] = pixels[row * image.stride] }
  for y in 0..<height {
    let (from, isHole) = (change.source(y + change.down, height), change.hole.rows.contains(y))
    for x in 0..<width {
      let given = change.source(x + change.right, width).map { change.isMirrored ? width - 1 - $0 : $0 }
      let isErased = isHole && change.hole.columns.contains(x)
      for channel in 0..<channels {
        let number: Scalar
        if !isErased, let from, let given { number = copy[(channel * height + from) * width + given] } else { number = 0 }
        pixels[((channel * height + y) * width + x) * image.stride] = number
      }
    }
  }
}
