/// The extents of a state: channels × height × width, in this order in memory. Plain features are channels of one pixel; an image may have one pixel too.
package struct Shape: Equatable, Sendable, CustomStringConvertible {
  package let channels: Int
  package let height: Int
  package let width: Int
  package let isImage: Bool

  /// A list of features.
  package init(channels: Int) {
    (self.channels, height, width, isImage) = (channels, 1, 1, false)
  }

  /// An image.
  package init(channels: Int, height: Int = 1, width: Int) {
    (self.channels, self.height, self.width, isImage) = (channels, height, width, true)
  }

  /// The same pixels with other channels.
  package func with(channels: Int) -> Shape { isImage ? Shape(channels: channels, height: height, width: width) : Shape(channels: channels) }

  package var pixels: Int { height * width }
  /// The number of rows that a sample takes in a tile.
  package var features: Int { channels * height * width }
  package var description: String { isImage ? "\(channels) × \(height) × \(width)" : "\(channels)" }
}
