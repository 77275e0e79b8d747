/// The extents of a state: channels × height × width, in this order in memory. Plain features are channels of one pixel.
package struct Shape: Equatable, Sendable, CustomStringConvertible {
  package let channels: Int
  package let height: Int
  package let width: Int

  package init(channels: Int, height: Int = 1, width: Int = 1) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  package var pixels: Int { height * width }
  /// The number of rows that a sample takes in a tile.
  package var features: Int { channels * height * width }
  package var isImage: Bool { height > 1 || width > 1 }
  package var description: String { isImage ? "\(channels) × \(height) × \(width)" : "\(channels)" }
}
